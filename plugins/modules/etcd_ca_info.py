#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_ca_info
short_description: Read the certificates of private CAs
version_added: 0.1.0
description:
  - Reads several certificates below one directory in one step. Keys are not read.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
options:
  path:
    description:
      - The directory. It need not exist.
    type: path
    required: true
  names:
    description:
      - The certificates, by their paths below O(path) without the suffix C(.crt). One that does not exist is left out.
    type: list
    elements: str
    required: true
seealso:
  - module: quorum.etcd.etcd_certificate_check
"""

EXAMPLES = r"""
- name: Read the certificates of the private CAs
  quorum.etcd.etcd_ca_info:
    path: files/etcd-ca
    names: [ca, peer-ca]
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
certificates:
  description: The contents of the certificates that exist, by name.
  type: dict
  returned: success
  sample:
    ca: |
      -----BEGIN CERTIFICATE-----
      …
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_ca_info import read_ca_certificates


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    read_ca_certificates(module)


if __name__ == "__main__":
    main()
