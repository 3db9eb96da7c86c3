#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_host_files
short_description: Bring directories, settings, keys and certificates to a host in one step
version_added: 0.1.0
description:
  - Makes directories and files with what they are to hold, whose they are to be and who may read them.
  - All files that differ are written beside their places first, and then renamed in their order. Nobody finds half of a file, and a key that stands right
    before its certificate is apart from it for no more than a moment. A run that was killed is finished by running it again.
  - A file is readable for nobody else until it has its owner.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - What O(files[].secret) holds is never shown.
  idempotent:
    support: full
options:
  directories:
    description:
      - Directories, made before the files, in this order. Those above them that are missing are made, too, readable for everybody.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description:
          - The directory.
        type: path
        required: true
      owner:
        description:
          - Name or number of the user.
        type: str
        default: root
      group:
        description:
          - Name or number of the group.
        type: str
        default: root
      mode:
        description:
          - The permissions, as an octal number of three digits.
        type: str
        default: "0755"
      fresh:
        description:
          - Whether everything that is in it now is deleted first.
        type: bool
        default: false
  files:
    description:
      - Files, renamed into their places in this order. A symbolic link is replaced by the file.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description:
          - The file.
        type: path
        required: true
      owner:
        description:
          - Name or number of the user.
        type: str
        default: root
      group:
        description:
          - Name or number of the group.
        type: str
        default: root
      mode:
        description:
          - The permissions, as an octal number of three digits.
        type: str
        default: "0644"
      content:
        description:
          - What it is to hold. One of O(files[].content) and O(files[].secret) is needed.
        type: str
      secret:
        description:
          - What it is to hold, such as a key. It is never shown and never logged.
        type: str
seealso:
  - module: quorum.etcd.etcd_host_info
"""

EXAMPLES = r"""
- name: Bring the key and the certificate of a member
  quorum.etcd.etcd_host_files:
    directories:
      - path: /etc/etcd/pki
    files:
      - path: /etc/etcd/pki/peer.key
        secret: "{{ lookup('ansible.builtin.file', 'files/n1-peer.key', rstrip=false) }}"
        owner: etcd
        mode: "0600"
      - path: /etc/etcd/pki/peer.crt
        content: "{{ lookup('ansible.builtin.file', 'files/n1-peer.crt', rstrip=false) }}"
        owner: etcd
"""

RETURN = r"""
changed_paths:
  description: The directories and files that were other than wanted.
  type: list
  elements: str
  returned: success
  sample: [/etc/etcd/pki/peer.key, /etc/etcd/pki/peer.crt]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.host_files import DIRECTORIES, FILES, bring_host_files


def main() -> None:
    module = AnsibleModule(argument_spec={"directories": DIRECTORIES, "files": FILES}, supports_check_mode=True)
    bring_host_files(module)


if __name__ == "__main__":
    main()
