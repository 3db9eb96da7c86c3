#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_certificate_check
short_description: Refuse certificates that would cut members of a cluster off from each other
version_added: 0.1.0
description:
  - Says before anything is changed whether a host can be given new certificates and authorities while the members run
    with those that they have.
  - A running member reads its own certificates anew for every connection, and the authorities that it trusts only when
    it starts. So a new certificate has to be of an authority that every running member trusts already, and new
    authorities have to include those of every certificate in use.
  - It compares names and key identifiers of the certificates, and needs no key. It proves no signature.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
options:
  wanted:
    description:
      - What a host is to have.
    type: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the host.
        type: str
        required: true
      files:
        description:
          - The contents of V(server.crt), V(client.crt), V(peer.crt), V(ca.crt) and V(peer-ca.crt), in PEM form. What
            stays as it is can be left out.
          - For a certificate that is yet to be made, give the one of the authority that is to sign it.
        type: dict
        required: true
  hosts:
    description:
      - What the hosts of the cluster have now.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the host.
        type: str
        required: true
      files:
        description:
          - The contents of the same files there. What is not there is left out, or null.
        type: dict
        required: true
      current:
        description:
          - Whether its member was started with the authorities that its files hold now, or does not run.
        type: bool
        default: true
seealso:
  - module: quorum.etcd.etcd_served_certificate
"""

EXAMPLES = r"""
- name: Refuse a new certificate that the other members would not accept
  quorum.etcd.etcd_certificate_check:
    wanted:
      name: n1
      files:
        peer.crt: "{{ lookup('ansible.builtin.file', 'files/n1-peer.crt') }}"
    hosts:
      - name: n2
        files:
          peer-ca.crt: "{{ lookup('ansible.builtin.file', 'files/peer-ca.crt') }}"
"""

RETURN = r"""
refusal:
  description: Who would be cut off, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when somebody would be cut off
  sample:
    code: untrusted_certificate
    message: the new ca.crt of n1 lacks the authority that signed server.crt of n2, which is in use
    arithmetic: {before: null, after: null}
    next_step: Put that authority into the file, too, until every host has a certificate of another one.
error:
  description: Which file cannot be read, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when a file holds no certificate
  sample:
    code: tls_error
    message: "server.crt of n1: it holds no certificate in PEM form"
    next_step: Give a file of certificates in PEM form.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_certificate_check import (
    HOSTS,
    WANTED,
    check_certificates,
)
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(argument_spec={"wanted": WANTED, "hosts": HOSTS}, supports_check_mode=True)
    run_module(module, lambda: check_certificates(module.params))


if __name__ == "__main__":
    main()
