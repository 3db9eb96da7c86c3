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
      - Client URLs of members of the cluster, as seen from the host that runs the module. An inventory plugin runs on
        the controller.
      - All endpoints are asked in parallel. One endpoint that answers is enough to find the other members. All
        endpoints that do not answer take one O(request_timeout) together.
      - Every URL must have a scheme. No request is sent to an V(https) URL without TLS.
      - If the value is not specified, the value of environment variable E(ETCDCTL_ENDPOINTS) will be used instead.
        Separate the URLs in it by commas.
    type: list
    elements: str
    default:
      - http://127.0.0.1:2379
  transport:
    description:
      - How to connect to etcd. Both ways give the same results.
      - V(gateway) uses etcd's JSON gateway over HTTP. It needs only Python on the host that runs the module, and is the
        fastest.
      - V(grpc) uses the Python package etcd3 on the host that runs the module. If etcd identifies users by the common
        name of their certificate, only V(grpc) works.
      - V(auto) uses V(gateway). If the gateway does not work, it uses V(grpc). If etcd3 is missing then, the error says
        what to install.
    type: str
    choices:
      - auto
      - gateway
      - grpc
    default: auto
  ca_cert:
    description:
      - Path, on the host that runs the module, of the CA certificates in PEM format that verify the members'
        certificates.
      - Without this option the system's CA certificates are used.
      - If the value is not specified, the value of environment variable E(ETCDCTL_CACERT) will be used instead.
    type: path
  client_cert:
    description:
      - Path, on the host that runs the module, of the client certificate in PEM format.
      - If the value is not specified, the value of environment variable E(ETCDCTL_CERT) will be used instead.
    type: path
  client_key:
    description:
      - Path, on the host that runs the module, of the private key of O(client_cert), in PEM format.
      - If the value is not specified, the value of environment variable E(ETCDCTL_KEY) will be used instead.
    type: path
  validate_certs:
    description:
      - Whether to verify the members' certificates.
      - With V(false) anybody on the network can pretend to be the cluster. Use it only for trials.
    type: bool
    default: true
  username:
    description:
      - Name of the etcd user, for a cluster with authentication on. The user needs the role V(root) to change members.
      - If the value is not specified, the value of environment variable E(ETCDCTL_USER) will be used instead,
        which may be V(user:password).
    type: str
  password:
    description:
      - Password of the etcd user. It is never logged. Where it occurs in the result of a task, even in a part of a
        word, Ansible replaces it with asterisks, so do not take a part of a name or an address.
      - If the value is not specified, the value of environment variable E(ETCDCTL_PASSWORD) will be used instead. If
        that is not set either, the password in E(ETCDCTL_USER) is used.
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
