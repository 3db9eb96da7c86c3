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
  - Reads which CAs the members of a cluster must trust, which CAs sign, and which stage a rotation of the CAs is in. It
    reads no keys.
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
    type: path
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
