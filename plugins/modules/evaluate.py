#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: evaluate
short_description: Evaluate variables once, and stop if something is wrong with them
version_added: 0.1.0
description:
  - Evaluates variables that are made of other variables. Ansible evaluates a variable anew each time that a task names
    it, and everything that it is made of; later tasks can read the values in the result instead.
  - The role of this collection uses it to check its variables.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
options:
  variables:
    description:
      - Names of the variables to evaluate, in their order. Where one is made of another that stands before it, its
        value is taken.
      - One that cannot be evaluated is left out of the result.
    type: list
    elements: str
    required: true
  problems:
    description:
      - The name of a variable that is a list of sentences, each a problem. It is evaluated last.
      - The task fails with these sentences if there are any.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Evaluate the addresses, and stop if there is no port
  quorum.etcd.evaluate:
    variables: [host, url]
    problems: problems
  register: addresses
  vars:
    host: "{{ inventory_hostname }}.example.org"
    url: "https://{{ host }}:{{ port }}"
    problems: "{{ [] if port is defined else ['Set port.'] }}"

- name: Show the URL
  quorum.etcd.show:
    text: "{{ addresses.evaluated.url }}"
"""

RETURN = r"""
evaluated:
  description: The values by the names of the variables.
  type: dict
  returned: success
  sample: {host: n1.example.org, url: "https://n1.example.org:2379"}
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """The action plugin of the same name does it on the controller; here the arguments are only checked."""
    spec = {
        "variables": {"type": "list", "elements": "str", "required": True},
        "problems": {"type": "str", "required": True},
    }
    AnsibleModule(argument_spec=spec, supports_check_mode=True).exit_json(changed=False)


if __name__ == "__main__":
    main()
