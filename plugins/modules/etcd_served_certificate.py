#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_served_certificate
short_description: Prove that etcd serves a certificate, and that members accept it
version_added: 0.1.0
description:
  - Makes TLS handshakes with client or peer URLs of running members, and checks which certificates they serve.
  - etcd reads its own certificates again for every connection, so it serves a new certificate as soon as the files are
    replaced. This module proves that.
  - It fails if an address in O(certificates[].served_at) does not serve the certificate, or if any address does not
    accept it. It changes nothing.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
options:
  certificates:
    description:
      - The certificates to prove.
    type: list
    elements: dict
    required: true
    suboptions:
      certificate:
        description:
          - The certificate, in PEM form. It is also used as the client certificate.
        type: path
        required: true
      key:
        description:
          - The key of O(certificates[].certificate).
        type: path
        required: true
      ca_cert:
        description:
          - A CA bundle. If it is set, every address must serve a certificate that this bundle trusts, and that names
            the host in the address.
        type: path
      served_at:
        description:
          - Client or peer URLs that must serve O(certificates[].certificate) and accept it.
        type: list
        elements: str
        default: []
      accepted_by:
        description:
          - Client or peer URLs that must accept O(certificates[].certificate). They may serve any certificate.
        type: list
        elements: str
        default: []
  request_timeout:
    description:
      - Seconds that one handshake may take.
    type: float
    default: 5
  wait_timeout:
    description:
      - Seconds to wait for all addresses. A handshake can fail while files are replaced, and is tried again.
    type: float
    default: 10
seealso:
  - module: quorum.etcd.etcd_certificate_plan
"""

EXAMPLES = r"""
- name: Prove that the member serves its new certificate, and that the others accept it
  quorum.etcd.etcd_served_certificate:
    certificates:
      - certificate: /etc/etcd/pki/peer.crt
        key: /etc/etcd/pki/peer.key
        ca_cert: /etc/etcd/pki/peer-ca.crt
        served_at:
          - https://10.0.0.1:2380
        accepted_by:
          - https://10.0.0.2:2380
          - https://10.0.0.3:2380
"""

RETURN = r"""
served:
  description: What every address serves, in the order of the handshakes.
  type: list
  elements: dict
  returned: success
  sample:
    - url: https://10.0.0.1:2380
      fingerprint: 5d2b7c37d1f7a3ba2d31a5fdf0bbd6d0c5f3ba8c4d5e1f0a9b8c7d6e5f4a3b2c
  contains:
    url:
      description: The address.
      type: str
      returned: always
      sample: https://10.0.0.1:2380
    fingerprint:
      description: The SHA-256 fingerprint of the certificate that the address serves.
      type: str
      returned: always
      sample: 5d2b7c37d1f7a3ba2d31a5fdf0bbd6d0c5f3ba8c4d5e1f0a9b8c7d6e5f4a3b2c
error:
  description: Which address does not serve or accept the certificate, and why, in the form that
    M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when an address does not serve or accept it
  sample:
    code: tls_error
    message: "https://10.0.0.2:2380 does not accept /etc/etcd/pki/peer.crt: [SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert
      unknown ca"
    next_step: Look at the log of the etcd that listens there.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_served_certificate import prove_served
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module

CERTIFICATE = {
    "certificate": {"type": "path", "required": True},
    "key": {"type": "path", "required": True, "no_log": False},
    "ca_cert": {"type": "path"},
    "served_at": {"type": "list", "elements": "str", "default": []},
    "accepted_by": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
            "request_timeout": {"type": "float", "default": 5.0},
            "wait_timeout": {"type": "float", "default": 10.0},
        },
        supports_check_mode=True,
    )
    run_module(module, lambda: prove_served(module.params))


if __name__ == "__main__":
    main()
