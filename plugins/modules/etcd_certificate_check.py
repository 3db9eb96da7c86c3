#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_certificate_check
short_description: Check keys and certificates before etcd uses them
version_added: 0.1.0
description:
  - Refuses certificates with which etcd could not serve or would not be accepted. The refusal names every problem, with
    the file, what was found and what is needed. It changes nothing.
  - It checks that a certificate is valid now, names the hosts that it is for, belongs to its key, may be used for what
    etcd uses it for, and was signed by a CA in the CA bundle; and that the bundle holds only CAs.
  - If all that is right, it makes a TLS handshake with every certificate in memory, which also verifies the signatures.
    It opens no connection.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
options:
  certificates:
    description:
      - The certificates to check.
    type: list
    elements: dict
    required: true
    suboptions:
      certificate:
        description:
          - The certificate, in PEM form.
        type: path
        required: true
      key:
        description:
          - The key of O(certificates[].certificate), without a passphrase.
        type: path
        required: true
      ca_cert:
        description:
          - The CA bundle that must trust O(certificates[].certificate).
        type: path
        required: true
      names:
        description:
          - Host names and addresses that the certificate must name.
        type: list
        elements: str
        default: []
      usages:
        description:
          - What etcd uses the certificate for. It presents the certificates of a member as a server and as a client.
        type: list
        elements: str
        choices: [serverAuth, clientAuth]
        default: [serverAuth, clientAuth]
      anonymous:
        description:
          - Whether the certificate must have no common name. While authentication is on, etcd takes the common name of
            a client certificate for the name of a user.
        type: bool
        default: false
seealso:
  - module: quorum.etcd.etcd_certificate_plan
  - module: quorum.etcd.etcd_served_certificate
"""

EXAMPLES = r"""
- name: Check the certificates of a host before they are copied there
  quorum.etcd.etcd_certificate_check:
    certificates:
      - certificate: files/n1.crt
        key: files/n1.key
        ca_cert: files/ca.crt
        names: [10.0.0.1]
      - certificate: files/admin.crt
        key: files/admin.key
        ca_cert: files/ca.crt
        usages: [clientAuth]
        anonymous: true
  delegate_to: localhost
"""

RETURN = r"""
refusal:
  description: Everything that is wrong, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when a certificate cannot be used
  sample:
    code: unusable_certificate
    message: "files/n1.crt has expired 12 days ago: it must be valid now"
    arithmetic: {before: null, after: null}
    next_step: Nothing uses these files yet. Correct them first.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_certificate_check import check_certificates
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module

CERTIFICATE = {
    "certificate": {"type": "path", "required": True},
    "key": {"type": "path", "required": True, "no_log": False},
    "ca_cert": {"type": "path", "required": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "usages": {
        "type": "list",
        "elements": "str",
        "choices": ["serverAuth", "clientAuth"],
        "default": ["serverAuth", "clientAuth"],
    },
    "anonymous": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
        },
        supports_check_mode=True,
    )
    run_module(module, lambda: check_certificates(module.params))


if __name__ == "__main__":
    main()
