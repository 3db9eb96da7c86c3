#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_host_files
short_description: Write directories, settings, keys and certificates on a host in one step
version_added: 0.1.0
description:
  - Creates directories and files with their content, owner, group and permissions.
  - It compares everything before it changes anything. It writes new files beside the old files, and then renames them
    in the order of O(files). So no process ever reads half of a file. List a key right before its certificate. Both are
    then replaced almost at the same time.
  - If a run is interrupted, the next run completes it.
  - Until a new file has its owner, only the user that runs the module can read it.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode a missing user, group or directory is no error, because an earlier task may create it in a real
        run.
  diff_mode:
    support: full
    details:
      - The O(secrets) are never shown.
  idempotent:
    support: full
options:
  directories:
    description:
      - Directories, which are created in this order, before the files. Missing parent directories are created, too,
        readable by everybody.
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
      exclusive:
        description:
          - Whether to delete everything in the directory that is not in O(files).
        type: bool
        default: false
  files:
    description:
      - Files, which are replaced in this order. The file replaces a symbolic link in its place.
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
          - The content. Leave it out if the content is in O(secrets).
        type: str
  secrets:
    description:
      - The contents of secret files, such as keys, by the path of the file. They are never shown and never logged.
    type: dict
    default: {}
seealso:
  - module: quorum.etcd.etcd_host_info
"""

EXAMPLES = r"""
- name: Write the key and the certificate of a member
  quorum.etcd.etcd_host_files:
    directories:
      - path: /etc/etcd/pki
    files:
      - path: /etc/etcd/pki/peer.key
        owner: etcd
        mode: "0600"
      - path: /etc/etcd/pki/peer.crt
        content: "{{ lookup('ansible.builtin.file', 'files/n1-peer.crt', rstrip=false) }}"
        owner: etcd
    secrets:
      /etc/etcd/pki/peer.key: "{{ lookup('ansible.builtin.file', 'files/n1-peer.key', rstrip=false) }}"
"""

RETURN = r"""
changed_paths:
  description: The directories and files that were changed. In check mode, the directories and files that would be
    changed.
  type: list
  elements: str
  returned: success
  sample: [/etc/etcd/pki/peer.key, /etc/etcd/pki/peer.crt]
diff:
  description: Each difference, with the path in its headers. It never has the content of a secret.
  type: list
  elements: dict
  returned: success
  sample:
    - before_header: /etc/etcd/etcd.env
      after_header: /etc/etcd/etcd.env
      before: "ETCD_NAME=n0\n"
      after: "ETCD_NAME=n1\n"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_host_files import OPTIONS, bring_host_files


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    bring_host_files(module)


if __name__ == "__main__":
    main()
