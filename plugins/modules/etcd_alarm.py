#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_alarm
short_description: List the alarms of an etcd cluster, and disarm them once that is safe
version_added: 0.1.0
description:
  - A member raises NOSPACE when its database has used up its quota. From then on etcd refuses all writes but deletions.
    A member raises CORRUPT when its keyspace differs from that of the others. etcd disarms an alarm for anyone who
    asks, whether or not its cause is gone. This module asks only when it is.
  - "NOSPACE: the members above 90 per cent of their quota are defragmented, one at a time, the leader last. With
    O(compact=true) the history of keys is dropped before that. The alarm is disarmed when every member is below 90 per
    cent. Otherwise it stays on, and the module says what else helps (C(space_not_freed))."
  - "CORRUPT: the keyspaces of all voters are compared at one revision. If they are equal, the alarm is disarmed, but
    only if you accept that (C(corruption_passed)). If a member differs from the majority, the module names it
    (C(member_corrupt)). If no majority agrees, or a voter is missing, nothing proves whose data are right
    (C(corruption_undecided)). In both cases the alarm stays on."
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._accept
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
  state:
    description:
      - V(listed) lists the alarms, and how much of its quota each member uses. It changes nothing.
      - V(absent) disarms them, after what is needed for that.
    type: str
    choices:
      - listed
      - absent
    default: listed
  compact:
    description:
      - Whether the history of keys may be dropped if a member is above 90 per cent of its quota. Every key keeps its
        newest value.
      - Watchers that were to start, or to go on, at an older revision get the error C(required revision has been
        compacted), and have to read the keys again. Kubernetes does that by itself.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds to wait for what passes by itself, such as a member that is catching up.
    type: float
    default: 120
seealso:
  - module: quorum.etcd.etcd_defrag
  - module: quorum.etcd.etcd_cluster_info
"""

EXAMPLES = r"""
- name: See which alarms are on
  quorum.etcd.etcd_alarm:
    endpoints:
      - http://10.0.0.1:2379
      - http://10.0.0.2:2379
  register: alarms

- name: Make room and disarm NOSPACE
  quorum.etcd.etcd_alarm:
    endpoints:
      - http://10.0.0.1:2379
      - http://10.0.0.2:2379
    state: absent
    compact: true
  run_once: true
"""

RETURN = r"""
alarms:
  description: The alarms that are on. After O(state=absent) those that are left, that is none.
  type: list
  elements: dict
  returned: success
  sample: []
  contains:
    kind:
      description: V(NOSPACE) or V(CORRUPT).
      type: str
      sample: NOSPACE
    member:
      description: The member that raised it, in the form that M(quorum.etcd.etcd_member) returns. Null if it is no
        member any more.
      type: dict
      sample: null
text:
  description: The alarms and the use of the quotas, for people.
  type: str
  returned: success
  sample: |
    NOSPACE raised by n1
    n1 has 17000000 bytes, 4000000 in use, 101 per cent of a quota of 16777216
defragmented:
  description: What was freed, one entry for each member that was defragmented, in their order.
  type: list
  elements: dict
  returned: success, and when something was freed before the module failed
  sample: []
  contains:
    id:
      description: Id of the member in hexadecimal.
      type: str
      sample: 8e9e05c52164694d
    name:
      description: Its name.
      type: str
      sample: n2
    before:
      description: Size of its database before, in bytes.
      type: int
      sample: 209715200
    after:
      description: Size of its database after, in bytes.
      type: int
      sample: 52428800
    freed:
      description: The difference, in bytes.
      type: int
      sample: 157286400
    seconds:
      description: How long it took. The member applied nothing for so long.
      type: float
      sample: 1.204
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
  description: All members, in the form that M(quorum.etcd.etcd_cluster_info) returns.
  type: list
  elements: dict
  returned: when the cluster was observed
  sample: []
plan:
  description: The steps that were needed, in their order, in the form that M(quorum.etcd.etcd_member) returns. Empty if
    there was nothing to do. The actions are V(compact), V(move_leader), V(defragment), V(disarm_nospace) and
    V(disarm_corrupt). What a compaction frees is known only afterwards, so check mode assumes that it is enough.
  type: list
  elements: dict
  returned: success
  sample:
    - {action: disarm_nospace, member: {id: 8e9e05c52164694d, name: n2, peer_urls: [http://10.0.0.2:2380]}}
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
      message: "cannot disarm NOSPACE: ..."
      seconds: 1.5
diff:
  description: Alarms and the use of the quotas before and after.
  type: dict
  returned: success
  sample: {before: "", after: ""}
refusal:
  description: Why nothing more was done, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module refused
  sample:
    code: space_not_freed
    message: "cannot disarm NOSPACE: ..."
    arithmetic: {before: null, after: null}
    next_step: "The alarm stays on. Let the history be dropped (compact: true), or ..."
error:
  description: What went wrong between the module and etcd, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module failed for another reason than a refusal
  sample:
    code: permission_denied
    message: "disarming an alarm at http://10.0.0.1:2379: etcdserver: permission denied"
    next_step: Use an etcd user with the role root.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import (
    ACCEPT,
    CONNECTION,
    CONNECTION_TOGETHER,
)
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_alarm import treat_alarms
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["listed", "absent"], "default": "listed"},
            "compact": {"type": "bool", "default": False},
            "wait_timeout": {"type": "float", "default": 120.0},
            **ACCEPT,
            **CONNECTION,
        },
        required_together=CONNECTION_TOGETHER,
        supports_check_mode=True,
    )
    run_module(module, lambda: treat_alarms(module.params, module.check_mode))


if __name__ == "__main__":
    main()
