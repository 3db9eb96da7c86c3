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
  - It looks at everything before it changes anything. The files that differ are first written next to their places, and
    then renamed in their order. No process ever reads half of a file. A key that is listed right before its
    certificate is replaced within the same moment.
  - If a run is interrupted, the next run completes it.
  - A new file is readable by nobody else until it has its owner.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
attributes:
  check_mode:
    support: full
    details:
      - A user, a group or a directory that does not exist yet is no error in check mode, since an earlier task may be
        about to create it.
  diff_mode:
    support: full
    details:
      - The O(secrets) are never shown.
  idempotent:
    support: full
options:
  directories:
    description:
      - Directories, created before the files, in this order. Missing directories above them are created, too, readable
        by everybody.
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
          - Whether everything in it that is not one of the O(files) is deleted.
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
          - The content. Leave it out for a file whose content is one of the O(secrets).
        type: str
  secrets:
    description:
      - The contents of files that nobody may see, such as keys, by the path of the file. They are never shown and never
        logged.
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
  description: The directories and files that were changed, or would be in check mode.
  type: list
  elements: str
  returned: success
  sample: [/etc/etcd/pki/peer.key, /etc/etcd/pki/peer.crt]
diff:
  description: Each difference, with the path in its headers. The content of a secret is not in it.
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
