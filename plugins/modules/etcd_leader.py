#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_leader
short_description: Move the leadership of an etcd cluster
version_added: 0.1.0
description:
  - Moves leadership to a member, or away from one, for example before its host is worked on. If leadership is there
    already, the module does nothing.
  - etcd itself asks only whether the new leader is a voter to which it has a connection. If that member does not answer
    any more, the call never returns. So the module moves leadership only to a voter that answers, follows the leader
    and is at most 1000 raft entries behind, and looks afterwards whether it leads.
  - Writes wait for about a tenth of a second meanwhile. One that is under way at that moment may have to be repeated.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.actiongroup_etcd
  - quorum.etcd._connection
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  member:
    description:
      - The name or the id of the member that is to lead. What is a name of a member is taken for the name.
    type: str
  away_from:
    description:
      - The name or the id of the member that is not to lead. The healthy voter that has applied most takes over.
    type: str
  wait_timeout:
    description:
      - Seconds to wait for what passes by itself, such as a voter that is catching up.
    type: float
    default: 120
seealso:
  - module: quorum.etcd.etcd_member
  - module: quorum.etcd.etcd_cluster_info
"""

EXAMPLES = r"""
- name: Let n1 lead
  quorum.etcd.etcd_leader:
    endpoints:
      - http://10.0.0.1:2379
      - http://10.0.0.2:2379
    member: n1

- name: Let anyone else lead, before the host of n1 is worked on
  quorum.etcd.etcd_leader:
    endpoints:
      - http://10.0.0.1:2379
      - http://10.0.0.2:2379
    away_from: n1
"""

RETURN = r"""
member:
  description: The member that the task is about, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: success
  sample: null
cluster_id:
  description: Id of the cluster in hexadecimal.
  type: str
  returned: when the cluster was observed
  sample: 8a8f1b6a3b2a5d1c
leader:
  description: The leader, in the form that M(quorum.etcd.etcd_member) returns. Null while there is no leader.
  type: dict
  returned: when the cluster was observed
  sample: null
quorum:
  description: The arithmetic of the quorum, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the cluster was observed
  sample: {voters: 3, size: 2, healthy: 3, fault_tolerance: 1}
members:
  description: All members, in the form that M(quorum.etcd.etcd_member) returns.
  type: list
  elements: dict
  returned: when the cluster was observed
  sample: []
plan:
  description: The steps that were needed, in their order, in the form that M(quorum.etcd.etcd_member) returns. Empty if
    there was nothing to do.
  type: list
  elements: dict
  returned: success
  sample:
    - {action: move_leader, member: {id: 8e9e05c52164694d, name: n2, peer_urls: [http://10.0.0.2:2380]}}
done:
  description: The steps that were made, also when the module failed afterwards.
  type: list
  elements: dict
  returned: always
  sample: []
waits:
  description: What the module waited for, and how long, in the form that M(quorum.etcd.etcd_member) returns.
  type: list
  elements: dict
  returned: when the cluster was observed
  sample:
    - code: member_unhealthy
      message: "cannot move leadership to n2: ..."
      seconds: 1.5
diff:
  description: Membership and quorum before and after. The leader is named there.
  type: dict
  returned: success
  sample: {before: "", after: ""}
refusal:
  description: Why nothing more was done, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module refused
  sample:
    code: member_unhealthy
    message: "cannot move leadership to n2: ..."
    arithmetic: {before: null, after: null}
    next_step: Bring n2 back first, or name a voter that is healthy.
error:
  description: What went wrong between the module and etcd, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module failed for another reason than a refusal
  sample:
    code: permission_denied
    message: "moving the leadership at http://10.0.0.1:2379: etcdserver: permission denied"
    next_step: Use an etcd user with the role root.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import (
    CONNECTION,
    CONNECTION_TOGETHER,
)
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_leader import move_leadership
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "member": {"type": "str"},
            "away_from": {"type": "str"},
            "wait_timeout": {"type": "float", "default": 120.0},
            **CONNECTION,
        },
        mutually_exclusive=[["member", "away_from"]],
        required_one_of=[["member", "away_from"]],
        required_together=CONNECTION_TOGETHER,
        supports_check_mode=True,
    )
    run_module(module, lambda: move_leadership(module.params, module.check_mode))


if __name__ == "__main__":
    main()
