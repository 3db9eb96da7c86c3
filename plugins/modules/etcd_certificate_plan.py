#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_certificate_plan
short_description: Plan new certificates for the hosts of a cluster, and refuse certificates that would cut members off
version_added: 0.1.0
description:
  - Says which hosts need a new CA bundle, which hosts need new keys and certificates, and which stage a rotation of the
    CAs is in. It changes nothing.
  - A running member reads its own certificates again for every connection, but reads its CA bundle only when it starts.
    A new certificate must come from a CA that every running member trusts already. A new CA bundle must contain the CAs
    of all certificates that are in use. Otherwise the module refuses.
  - It compares the names and key identifiers in the certificates. It needs no key, and verifies no signature.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
options:
  ca_certificates:
    description:
      - The certificates of the CAs, as M(quorum.etcd.etcd_ca_info) returns them in C(certificates).
    type: dict
    required: true
  hosts:
    description:
      - The results of M(quorum.etcd.etcd_host_info) for all hosts of the cluster. Its options C(files) and C(read) must
        name the certificates and CA bundles, and C(files) the keys as well.
    type: list
    elements: dict
    required: true
  private:
    description:
      - Whether private CAs sign the certificates of the hosts. Otherwise you provide the certificates.
    type: bool
    default: true
  renew:
    description:
      - V(due) renews certificates that are missing, expire, or were signed by a CA that does not sign any more.
      - V(all) renews the keys and certificates of every host.
      - V(ca) replaces the CAs as well, in stages.
    type: str
    choices: [due, all, ca]
    default: due
  keep_old_ca:
    description:
      - With O(renew=ca), whether to stop before the old CAs are dropped.
    type: bool
    default: false
  elsewhere:
    description:
      - The certificates of CAs in other directories, as M(quorum.etcd.etcd_ca_info) returns them. A refusal says in
        which of them a lost CA is.
    type: dict
    default: {}
seealso:
  - module: quorum.etcd.etcd_ca_info
  - module: quorum.etcd.etcd_host_info
  - module: quorum.etcd.etcd_served_certificate
"""

EXAMPLES = r"""
- name: Read the CAs
  quorum.etcd.etcd_ca_info:
    path: files/etcd-ca
  register: ca
  run_once: true
  delegate_to: localhost

- name: Gather what the hosts have
  quorum.etcd.etcd_host_info:
    name: "{{ inventory_hostname }}"
    peer_urls: ["https://{{ ansible_host }}:2380"]
    data_dir: /var/lib/etcd
    files: "{{ pki_files }}"
    read: "{{ pki_files | select('match', '.*[.]crt$') }}"
  register: found
  vars:
    pki_files:
      - /etc/etcd/pki/ca.crt
      - /etc/etcd/pki/peer-ca.crt
      - /etc/etcd/pki/server.key
      - /etc/etcd/pki/server.crt
      - /etc/etcd/pki/peer.key
      - /etc/etcd/pki/peer.crt
      - /etc/etcd/pki/client.key
      - /etc/etcd/pki/client.crt

- name: Plan what to renew
  quorum.etcd.etcd_certificate_plan:
    ca_certificates: "{{ ca.certificates }}"
    hosts:
      - "{{ hostvars.n1.found }}"
      - "{{ hostvars.n2.found }}"
      - "{{ hostvars.n3.found }}"
  register: certificates
  run_once: true
"""

RETURN = r"""
stage:
  description: The stage of a rotation of the CAs, as M(quorum.etcd.etcd_ca_info) returns it.
  type: str
  returned: success
  sample: settled
hosts:
  description: The plan for each host.
  type: list
  elements: dict
  returned: success
  sample: [{name: n1, installs_ca: false, renews: true, due: true, has_arrived: false}]
  contains:
    name:
      description: Name of the host's member.
      type: str
      returned: always
      sample: n1
    installs_ca:
      description: Whether it gets a new CA bundle. Its member must be restarted for that.
      type: bool
      returned: always
      sample: false
    renews:
      description: Whether it gets new keys and certificates.
      type: bool
      returned: always
      sample: true
    due:
      description: Whether it gets a new CA bundle, or new keys and certificates.
      type: bool
      returned: always
      sample: true
    has_arrived:
      description: Whether it gets nothing new, and its member was started with the present CA bundle.
      type: bool
      returned: always
      sample: false
renews:
  description: Names of the members whose hosts get new keys and certificates.
  type: list
  elements: str
  returned: success
  sample: [n1]
rolling:
  description: >-
    Of RV(renews), the members that run and serve TLS. Replace their certificates one host at a time, and prove each
    with M(quorum.etcd.etcd_served_certificate) before the next.
  type: list
  elements: str
  returned: success
  sample: [n1]
due:
  description: >-
    Which files are renewed, and why. Empty for hosts that have no keys and certificates yet.
  type: list
  elements: dict
  returned: success
  sample: [{name: n1, file: server.crt, reason: it expires in 12 days}]
  contains:
    name:
      description: Name of the host's member.
      type: str
      returned: always
      sample: n1
    file:
      description: Name of the file.
      type: str
      returned: always
      sample: server.crt
    reason:
      description: Why it is renewed.
      type: str
      returned: always
      sample: it expires in 12 days
has_arrived:
  description: Whether RV(hosts[].has_arrived) is true for every host. Then the next stage of a rotation may begin.
  type: bool
  returned: success
  sample: false
text:
  description: What a renewal would do, in a sentence. Empty if there is nothing to do.
  type: str
  returned: success
  sample: The keys and certificates of n1 would be renewed, one host at a time, without a restart.
planned_hosts:
  description: >-
    The hosts in the form that M(quorum.etcd.etcd_cluster_plan) takes. With them it plans exactly the restarts of the
    renewal.
  type: list
  elements: dict
  returned: success
  sample:
    - name: n1
      peer_urls: [https://10.0.0.1:2380]
      client_urls: [https://10.0.0.1:2379]
      data_dir: {state: data, member_id: 8211f1d0f64f3269, cluster_id: 8a8f1b6a3b2a5d1c, reason: null}
      running: true
      outdated: []
      first_start: null
refusal:
  description: Which member would be cut off, or which CA is lost, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the plan is refused
  sample:
    code: untrusted_certificate
    message: the new ca.crt of n1 lacks the CA that signed server.crt of n2, which is in use
    arithmetic: {before: null, after: null}
    next_step: Put that CA into the file as well, until every host has a certificate of another one.
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
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_certificate_plan import plan_for_hosts
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "ca_certificates": {"type": "dict", "required": True},
            "hosts": {"type": "list", "elements": "dict", "required": True},
            "private": {"type": "bool", "default": True},
            "renew": {"type": "str", "choices": ["due", "all", "ca"], "default": "due"},
            "keep_old_ca": {"type": "bool", "default": False},
            "elsewhere": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    run_module(module, lambda: plan_for_hosts(module.params))


if __name__ == "__main__":
    main()
