#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_ca_info
short_description: Read the certificates of a cluster's CAs
version_added: 0.1.0
description:
  - Reads which CAs the members of a cluster must trust, which CAs sign, and which stage a rotation of the CAs is in.
  - With O(path) it also tries whether the keys of the CAs can sign, and returns why not. It returns no keys.
  - It warns if the directory is inside an installed collection, if git does not ignore keys that are not encrypted, and
    if every user of the host may read the keys.
  - A cluster has two CAs, V(ca) for servers and clients, and V(peer-ca) for the connections between members.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
options:
  path:
    description:
      - The directory of the private CAs. It may be missing.
      - The certificates in it are C(ca.crt) and C(peer-ca.crt). During a rotation the certificates of the new CAs are
        in C(new-trusted/) or C(new-signing/).
      - The keys are beside them, as C(ca.key) and C(peer-ca.key). They may be encrypted with a passphrase, or with
        ansible-vault.
    type: path
  former_paths:
    description:
      - Directories in which CAs of this cluster may be as well, such as a former O(path).
    type: list
    elements: path
    default: []
  passphrase:
    description:
      - The passphrase of the keys, if they are encrypted with one.
    type: str
  decrypted_keys:
    description:
      - Contents of the keys that are encrypted with ansible-vault, by their paths in RV(keys). A module cannot decrypt
        them; the controller can, as the example shows.
    type: dict
    default: {}
  files:
    description:
      - The certificates of the CAs, if they are not in such a directory.
    type: dict
    suboptions:
      ca:
        description:
          - The CA bundle for servers and clients, in PEM form.
        type: path
        required: true
      peer_ca:
        description:
          - The CA bundle for the connections between members, in PEM form. It may be the same file.
        type: path
        required: true
seealso:
  - module: quorum.etcd.etcd_certificate_plan
"""

EXAMPLES = r"""
- name: Read the certificates of the private CAs
  quorum.etcd.etcd_ca_info:
    path: files/etcd-ca
  delegate_to: localhost
  run_once: true
  register: ca

- name: Try keys that are encrypted with ansible-vault
  quorum.etcd.etcd_ca_info:
    path: /home/ops/etcd-ca/orders
    decrypted_keys:
      ca: "{{ lookup('ansible.builtin.file', '/home/ops/etcd-ca/orders/ca.key', rstrip=false) }}"
      peer-ca: "{{ lookup('ansible.builtin.file', '/home/ops/etcd-ca/orders/peer-ca.key', rstrip=false) }}"
  delegate_to: localhost
  run_once: true

- name: Read the certificates of a company's CA
  quorum.etcd.etcd_ca_info:
    files:
      ca: files/company-ca.crt
      peer_ca: files/company-ca.crt
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
exists:
  description: Whether both CAs exist.
  type: bool
  returned: success
  sample: true
stage:
  description:
    - The stage of a rotation of the CAs.
    - V(settled) if there are no new CAs beside the present CAs. V(new_ca_trusted) while members must trust both CAs and
      the old CAs sign. V(new_ca_signs) while members must trust both CAs and the new CAs sign. V(new_ca_takes_over)
      while the new CAs replace the old CAs in O(path).
  type: str
  returned: success
  sample: settled
bundles:
  description: The CA bundles that members must trust, in PEM form, by CA. A bundle is empty if its CA does not exist.
  type: dict
  returned: success
  sample:
    ca: |
      -----BEGIN CERTIFICATE-----
      …
    peer-ca: |
      -----BEGIN CERTIFICATE-----
      …
signers:
  description: The path of the certificate that signs, by CA. The path is below O(path), without a suffix. Empty with
    O(files).
  type: dict
  returned: success
  sample: {ca: ca, peer-ca: peer-ca}
signing:
  description: The certificate that signs, in PEM form, by CA. Empty with O(files).
  type: dict
  returned: success
  sample:
    ca: |
      -----BEGIN CERTIFICATE-----
      …
    peer-ca: |
      -----BEGIN CERTIFICATE-----
      …
trust_mark:
  description: A text that changes whenever members must be restarted to trust RV(bundles). Empty without CAs.
  type: str
  returned: success
  sample: 3f1c0a5b77d2e9aa
certificates:
  description:
    - The certificates that exist, in PEM form, by their paths without a suffix. Pass them to
      M(quorum.etcd.etcd_certificate_plan).
  type: dict
  returned: success
  sample:
    ca: |
      -----BEGIN CERTIFICATE-----
      …
keys:
  description:
    - How the keys that exist are protected, by their paths below O(path) without a suffix. V(plain) if they are not
      encrypted, V(passphrase) or V(vault) if they are, V(unreadable) for the user of this task. Empty with O(files).
  type: dict
  returned: success
  sample: {ca: plain, peer-ca: plain}
problems:
  description: Why no certificate can be issued here now, and what to do about it. Empty if one can, and with O(files).
  type: list
  elements: str
  returned: success
  sample: ["/home/ops/etcd-ca/orders/ca.key is encrypted. Set etcd_cluster_ca_passphrase to its passphrase."]
exposed:
  description: The directories and keys that every user of the host may open, and that belong to the user of this task.
    Empty with O(files).
  type: list
  elements: str
  returned: success
  sample: [/home/ops/etcd-ca/orders]
access:
  description:
    - The permissions for directories and keys of new CAs in O(path). They are for the owner alone, unless the group of
      the directory may read it. Empty with O(files).
  type: dict
  returned: success
  sample: {directory: "0700", group: null, key: "0600"}
elsewhere:
  description: The certificates of CAs in O(former_paths), in PEM form, by directory.
  type: dict
  returned: success
  sample: {}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_ca_info import ARGUMENTS, describe_cas


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_one_of=[("path", "files")],
        mutually_exclusive=[("path", "files")],
        supports_check_mode=True,
    )
    describe_cas(module)


if __name__ == "__main__":
    main()
