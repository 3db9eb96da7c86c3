# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations


class ModuleDocFragment:
    # The options of module_utils/_module/: how a module, or an inventory, reaches the cluster.
    DOCUMENTATION = r"""
options:
  endpoints:
    description:
      - Client URLs of members of the cluster, as seen from the host where this runs (that of the task, or the
        controller for an inventory).
      - They are asked in parallel. One that answers is enough to find the others, and one that does not answer costs
        one O(request_timeout) in all.
      - Every URL names its scheme. An V(https) URL is never tried without TLS.
      - If the value is not specified, the value of environment variable E(ETCDCTL_ENDPOINTS) will be used instead,
        where commas separate the URLs.
    type: list
    elements: str
    default:
      - http://127.0.0.1:2379
  transport:
    description:
      - How to speak to etcd. Both ways do the same and give the same results.
      - V(gateway) uses etcd's JSON gateway over HTTP. It needs nothing but Python on the host where this runs, and is
        the quickest.
      - V(grpc) uses the Python package etcd3 on the host where this runs.
        It is the only one that works when etcd takes its users from the common name of client certificates.
      - V(auto) is V(gateway), and V(grpc) where the gateway cannot serve and etcd3 can be imported. Otherwise the error
        says what to install.
    type: str
    choices:
      - auto
      - gateway
      - grpc
    default: auto
  ca_cert:
    description:
      - Path, on the host where this runs, of the CA certificates in PEM format that verify the members' certificates.
      - Without it the system's CA certificates are used.
      - If the value is not specified, the value of environment variable E(ETCDCTL_CACERT) will be used instead.
    type: path
  client_cert:
    description:
      - Path, on the host where this runs, of the client certificate in PEM format.
      - If the value is not specified, the value of environment variable E(ETCDCTL_CERT) will be used instead.
    type: path
  client_key:
    description:
      - Path, on the host where this runs, of the private key that belongs to O(client_cert), in PEM format.
      - If the value is not specified, the value of environment variable E(ETCDCTL_KEY) will be used instead.
    type: path
  validate_certs:
    description:
      - Whether to verify the members' certificates.
      - With V(false) anyone on the way can pose as the cluster. Use it for trials only.
    type: bool
    default: true
  username:
    description:
      - Name of the etcd user, for a cluster with authentication on. It needs the role V(root) to change members.
      - If the value is not specified, the value of environment variable E(ETCDCTL_USER) will be used instead,
        which may be V(user:password).
    type: str
  password:
    description:
      - Password of the etcd user. It is never logged.
      - If the value is not specified, the value of environment variable E(ETCDCTL_PASSWORD) will be used instead,
        and without that one what stands behind the colon of E(ETCDCTL_USER).
    type: str
  request_timeout:
    description:
      - Seconds that one request to one endpoint may take.
    type: float
    default: 5
"""

    # How Ansible itself finds the same options for a plugin. The password has no place in a settings file.
    PLUGINS = r"""
options:
  endpoints:
    env:
      - name: ETCDCTL_ENDPOINTS
    ini:
      - section: quorum_etcd
        key: endpoints
  transport:
    ini:
      - section: quorum_etcd
        key: transport
  ca_cert:
    env:
      - name: ETCDCTL_CACERT
    ini:
      - section: quorum_etcd
        key: ca_cert
  client_cert:
    env:
      - name: ETCDCTL_CERT
    ini:
      - section: quorum_etcd
        key: client_cert
  client_key:
    env:
      - name: ETCDCTL_KEY
    ini:
      - section: quorum_etcd
        key: client_key
  validate_certs:
    ini:
      - section: quorum_etcd
        key: validate_certs
  username:
    env:
      - name: ETCDCTL_USER
    ini:
      - section: quorum_etcd
        key: username
  password:
    env:
      - name: ETCDCTL_PASSWORD
  request_timeout:
    ini:
      - section: quorum_etcd
        key: request_timeout
"""
