#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: show
short_description: Show text on the terminal as it is
version_added: 0.1.0
description:
  - Prints text that is already laid out, such as a table, line by line and without quotes. The playbooks of this
    collection use it.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
options:
  text:
    description:
      - The text.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Query the cluster
  quorum.etcd.etcd_cluster_info:
    endpoints:
      - http://10.0.0.1:2379
  register: cluster

- name: Show it as a table
  quorum.etcd.show:
    text: "{{ cluster | quorum.etcd.status_table }}"
"""

RETURN = r"""
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """The action plugin of the same name does it on the controller; here the arguments are only checked."""
    module = AnsibleModule(argument_spec={"text": {"type": "str", "required": True}}, supports_check_mode=True)
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
