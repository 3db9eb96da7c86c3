#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_authentication
short_description: Enable authentication in an etcd cluster
version_added: 0.1.0
description:
  - Creates the user V(root) with the given password and the role V(root), and enables authentication.
  - From then on etcd refuses every request without a user. So the module first checks whether clients use the cluster,
    and refuses if they do (C(would_lock_out_clients)). A cluster has clients if anything was ever written to it.
    Clients that only read an empty cluster cannot be seen.
  - While authentication is off, etcd does not tell whether a password is right. So if the user V(root) exists already,
    the module refuses too (C(root_password_unknown)). If you accept that code, it gives V(root) the given password.
  - If authentication is on already, the module logs in as V(root) to check the password.
  - If a run is interrupted, the next run completes it. To recognise an unfinished run, the module creates the role
    V(quorum_etcd_unfinished), which permits nothing, and deletes it at the end.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.actiongroup_etcd
  - quorum.etcd._accept
  - quorum.etcd._connection
  - quorum.etcd._wait
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(enabled) enables authentication.
    type: str
    choices:
      - enabled
    default: enabled
  root_password:
    description:
      - Password of the user V(root). The module logs in with it, and does not use O(username) and O(password).
    type: str
    required: true
seealso:
  - module: quorum.etcd.etcd_member
"""

EXAMPLES = r"""
- name: Enable authentication in a new cluster
  quorum.etcd.etcd_authentication:
    endpoints:
      - https://10.0.0.1:2379
    ca_cert: /etc/etcd/pki/ca.crt
    client_cert: /etc/etcd/pki/client.crt
    client_key: /etc/etcd/pki/client.key
    root_password: "{{ vaulted_password }}"

- name: Enable it in a cluster whose clients log in already
  quorum.etcd.etcd_authentication:
    endpoints:
      - http://10.0.0.1:2379
    root_password: "{{ vaulted_password }}"
    accept:
      - would_lock_out_clients
"""

RETURN = r"""
enabled:
  description: Whether authentication is on when the task ends. In check mode, whether it is on now.
  type: bool
  returned: success
  sample: true
users:
  description: The names of all users. In check mode, as they would be.
  type: list
  elements: str
  returned: success
  sample: [root]
plan:
  description: The steps that are needed, in the form that M(quorum.etcd.etcd_member) returns. Empty if
    authentication is on.
  type: list
  elements: dict
  returned: success
  sample:
    - {action: mark_unfinished, member: {id: null, name: null, peer_urls: []}}
    - {action: add_root, member: {id: null, name: null, peer_urls: []}}
    - {action: grant_role_root, member: {id: null, name: null, peer_urls: []}}
    - {action: enable, member: {id: null, name: null, peer_urls: []}}
    - {action: unmark, member: {id: null, name: null, peer_urls: []}}
done:
  description: The steps that were made.
  type: list
  elements: dict
  returned: always
  sample: []
diff:
  description: Authentication and users before and after.
  type: dict
  returned: success
  sample: {before: "", after: ""}
refusal:
  description: Why authentication was not enabled, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module refused
  sample:
    code: root_password_unknown
    message: "cannot enable authentication: the user root exists already, perhaps with another password ..."
    arithmetic: {before: null, after: null}
    next_step: Accept root_password_unknown to give root the given password, if nobody needs the old one.
error:
  description: What went wrong between the module and etcd, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module failed for another reason than a refusal
  sample:
    code: auth_failed
    message: "authenticating at http://10.0.0.1:2379: etcdserver: authentication failed, invalid user ID or password"
    next_step: Check username and password.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import (
    ACCEPT,
    CONNECTION,
    CONNECTION_TOGETHER,
    WAIT,
)
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_authentication import enable
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["enabled"], "default": "enabled"},
            "root_password": {"type": "str", "required": True, "no_log": True},
            **ACCEPT,
            **CONNECTION,
            **WAIT,
        },
        required_together=CONNECTION_TOGETHER,
        supports_check_mode=True,
    )
    if not module.params["root_password"]:
        module.fail_json(msg="root_password is empty: give the password that root is to have", changed=False, done=[])
    run_module(module, lambda: enable(module.params, module.check_mode))


if __name__ == "__main__":
    main()
