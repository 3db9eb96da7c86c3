#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_member
short_description: Add, promote, update and remove members of an etcd cluster
version_added: 0.1.0
description:
  - Changes the membership of a running etcd cluster. The changes never cost the cluster the quorum or an acknowledged
    write.
  - Before the module changes anything, it reads the member list, which a quorum confirms, asks every member for its
    status, and computes the quorum after the change. It refuses a change that is not safe, with a stable code, the
    arithmetic, and the next step.
  - Members are added as learners and promoted after they have caught up, so that writes go on while the cluster grows.
    Leadership is moved to another member before the leader is removed.
  - Concurrent runs take turns, even from several hosts or controllers. If a run was killed, run it again to finish.
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
    details:
      - Reads and decides as a real run does, up to the first request that would change the cluster.
      - It waits as a real run does, because the decision depends on that.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(present) makes sure that the member is registered with exactly these peer URLs. It adds a new member, and
        updates the peer URLs of an existing member. After that, start etcd on the host with RV(environment).
      - V(promoted) makes sure that the member is a started voter. It waits for a learner to catch up, proves that it is
        live, and promotes it.
      - V(absent) makes sure that it is not a member. It also works if the member is down, and from the endpoint of any
        other member.
    type: str
    choices:
      - present
      - promoted
      - absent
    default: present
  name:
    description:
      - Name of the member. It identifies a member only while no other member has the same name. etcd does not keep
        names unique.
      - A member that has never started has no name yet. Give O(peer_urls) as well to identify it.
    type: str
  peer_urls:
    description:
      - Peer URLs of the member, each V(http) or V(https) with host and port.
      - They are compared as a set. Order, the case of scheme and host, a trailing slash and the form of an IPv6 address
        make no difference.
      - The module never sends a malformed URL to etcd, because an update with a malformed URL destroys the cluster.
    type: list
    elements: str
  member_id:
    description:
      - Id of the member, in hexadecimal (as C(etcdctl) prints it) or in decimal.
    type: str
  learner:
    description:
      - How O(state=present) adds a member. V(true) adds a learner, which has no vote until O(state=promoted).
      - V(false) adds a voter at once. It counts as down until it has started.
    type: bool
    default: true
  move_leader:
    description:
      - Whether to move leadership to the most caught-up healthy voter before the leader is removed.
      - With V(false) nothing can be written until the other members have elected a new leader.
    type: bool
    default: true
  release:
    description:
      - The etcd release that the new member will run, such as V(3.6.16). If it does not fit the cluster, the module
        refuses before it adds the member. etcd itself finds that out only when the member starts, and its record stays.
      - Used with O(state=present).
    type: str
  min_fault_tolerance:
    description:
      - Refuse a removal after which the fault tolerance would be lower than this, unless the removal does not lower it.
    type: int
    default: 0
seealso:
  - module: quorum.etcd.etcd_cluster_info
"""

EXAMPLES = r"""
- name: Register the new member with the cluster
  quorum.etcd.etcd_member:
    endpoints:
      - https://10.0.0.1:2379
      - https://10.0.0.2:2379
      - https://10.0.0.3:2379
    ca_cert: /etc/etcd/ca.crt
    client_cert: /etc/etcd/client.crt
    client_key: /etc/etcd/client.key
    name: n4
    peer_urls:
      - https://10.0.0.4:2380
  register: joining

# Start etcd on the new host with joining.environment, then:

- name: Promote the new member once it has caught up
  quorum.etcd.etcd_member:
    endpoints:
      - https://10.0.0.1:2379
      - https://10.0.0.2:2379
      - https://10.0.0.3:2379
    ca_cert: /etc/etcd/ca.crt
    client_cert: /etc/etcd/client.crt
    client_key: /etc/etcd/client.key
    name: n4
    peer_urls:
      - https://10.0.0.4:2380
    state: promoted

- name: Remove a member, but keep a fault tolerance of at least one
  quorum.etcd.etcd_member:
    endpoints:
      - http://10.0.0.1:2379
    name: n2
    state: absent
    min_fault_tolerance: 1

- name: Remove a member that never started, which has no name
  quorum.etcd.etcd_member:
    endpoints:
      - http://10.0.0.1:2379
    peer_urls:
      - http://10.0.0.9:2380
    state: absent

- name: Move a member's peer URL to TLS, once it listens on the new address as well
  quorum.etcd.etcd_member:
    endpoints:
      - http://10.0.0.1:2379
    name: n1
    peer_urls:
      - https://10.0.0.1:2381
"""

RETURN = r"""
member:
  description: The member of the task, as it is after the task. Null when it is not a member.
  type: dict
  returned: success
  sample: &member
    id: 8211f1d0f64f3269
    name: n4
    peer_urls: [https://10.0.0.4:2380]
    client_urls: [https://10.0.0.4:2379]
    is_learner: false
    role: voter
    started: true
    healthy: true
    reason: ""
  contains: &member_keys
    id:
      description: Member id in hexadecimal. Null for a member that check mode would add.
      type: str
      returned: always
      sample: 8211f1d0f64f3269
    name:
      description: Name of the member. Empty if it has never started.
      type: str
      returned: always
      sample: n4
    peer_urls:
      description: Peer URLs, as etcd has stored them.
      type: list
      elements: str
      returned: always
      sample: [https://10.0.0.4:2380]
    client_urls:
      description: Client URLs that the member advertises. Empty if it has never started.
      type: list
      elements: str
      returned: always
      sample: [https://10.0.0.4:2379]
    is_learner:
      description: Whether it is a learner, which has no vote.
      type: bool
      returned: always
      sample: false
    role:
      description: One of V(leader), V(voter) and V(learner).
      type: str
      returned: always
      sample: voter
    started:
      description: Whether the member has ever started. It is also true for a member that is stopped now.
      type: bool
      returned: always
      sample: true
    healthy:
      description: Whether the member has started, answers, follows the leader, is not far behind, and raised no alarm.
      type: bool
      returned: always
      sample: true
    reason:
      description: Why it is not healthy. Empty for a healthy member.
      type: str
      returned: always
      sample: ""
members:
  description: All members after the task, voters first.
  type: list
  elements: dict
  returned: when the cluster was observed
  sample: [*member]
  contains: *member_keys
cluster_id:
  description: Id of the cluster in hexadecimal.
  type: str
  returned: when the cluster was observed
  sample: 8a8f1b6a3b2a5d1c
leader:
  description: The leader. Null while there is no leader.
  type: dict
  returned: when the cluster was observed
  sample: *member
  contains: *member_keys
quorum:
  description: The arithmetic of the quorum.
  type: dict
  returned: when the cluster was observed
  sample: &quorum {voters: 3, size: 2, healthy: 3, fault_tolerance: 1}
  contains: &quorum_keys
    voters:
      description: Number of voters.
      type: int
      returned: always
      sample: 3
    size:
      description: The quorum, which is the number of voters that must agree.
      type: int
      returned: always
      sample: 2
    healthy:
      description: Number of healthy voters.
      type: int
      returned: always
      sample: 3
    fault_tolerance:
      description: How many more voters may fail before nothing can be written.
      type: int
      returned: always
      sample: 1
plan:
  description: The steps from the observed cluster to the requested state. Empty if there is nothing to do.
  type: list
  elements: dict
  returned: success
  sample: &steps
    - action: add_learner
      member: {id: null, name: n4, peer_urls: [https://10.0.0.4:2380]}
  contains: &step_keys
    action:
      description: One of V(add_learner), V(add_voter), V(update_peer_urls), V(promote), V(move_leader) and V(remove).
      type: str
      returned: always
      sample: add_learner
    member:
      description: Id, name and peer URLs of the member of this step, as far as they are known.
      type: dict
      returned: always
      sample: {id: null, name: n4, peer_urls: [https://10.0.0.4:2380]}
done:
  description: The steps that were made. Empty in check mode.
  type: list
  elements: dict
  returned: always
  sample: *steps
  contains: *step_keys
waits:
  description: What the module waited for, and how long.
  type: list
  elements: dict
  returned: when the cluster was observed
  sample:
    - code: cluster_unsettled
      message: "cannot remove n2: etcd answers 'etcdserver: unhealthy cluster', since not all of its voters have been
        connected to each other for 5 s"
      seconds: 3.2
  contains:
    code:
      description: The refusal code of the condition. If the condition had not ended, the module would have refused with
        this code.
      type: str
      returned: always
      sample: cluster_unsettled
    message:
      description: What the module last saw.
      type: str
      returned: always
      sample: "cannot add n5 as a learner: n4 is a learner that has not been promoted yet"
    seconds:
      description: How long the module waited.
      type: float
      returned: always
      sample: 3.2
initial_cluster:
  description: The value of C(ETCD_INITIAL_CLUSTER) for a member that starts now, computed from the present member list.
  type: str
  returned: success
  sample: n1=https://10.0.0.1:2380,n4=https://10.0.0.4:2380
initial_cluster_state:
  description: The value of C(ETCD_INITIAL_CLUSTER_STATE). It is never V(new), because a cluster answered.
  type: str
  returned: success
  sample: existing
environment:
  description: The C(ETCD_*) variables for the member's first start. Empty when the member is absent.
  type: dict
  returned: success
  sample:
    ETCD_NAME: n4
    ETCD_INITIAL_ADVERTISE_PEER_URLS: https://10.0.0.4:2380
    ETCD_INITIAL_CLUSTER: n1=https://10.0.0.1:2380,n4=https://10.0.0.4:2380
    ETCD_INITIAL_CLUSTER_STATE: existing
diff:
  description: Membership and quorum before and after.
  type: dict
  returned: success
  sample:
    before: |
      n1: leader, healthy, https://10.0.0.1:2380
      quorum: 1 of 1 voters healthy, quorum 1, tolerates 0
    after: |
      n1: leader, healthy, https://10.0.0.1:2380
      (no name): learner, not started, https://10.0.0.4:2380
      quorum: 1 of 1 voters healthy, quorum 1, tolerates 0
refusal:
  description: Why the task was refused. Nothing is wrong with the connection.
  type: dict
  returned: when the task was refused
  sample:
    code: would_lose_quorum
    message: "cannot add n4 as a learner: 2 of 4 voters would be healthy and 3 are needed; the new member counts as down
      until it has started"
    arithmetic:
      before: *quorum
      after: {voters: 4, size: 3, healthy: 2, fault_tolerance: 0}
    next_step: Remove n3 first, or start it again.
  contains:
    code:
      description: The stable code of the refusal.
      type: str
      returned: always
      sample: would_lose_quorum
    message:
      description: What was attempted, on which member, and why it is refused.
      type: str
      returned: always
      sample: "cannot add n4 as a learner: 2 of 4 voters would be healthy and 3 are needed"
    arithmetic:
      description: The quorum before and after the change, in the form of RV(quorum). Null when the refusal is not about
        the quorum.
      type: dict
      returned: always
      sample:
        before: *quorum
        after: {voters: 4, size: 3, healthy: 2, fault_tolerance: 0}
    next_step:
      description: What makes the change possible.
      type: str
      returned: always
      sample: Remove n3 first, or start it again.
error:
  description: What went wrong between the module and etcd.
  type: dict
  returned: when the task failed for another reason than a refusal
  sample:
    code: connection_refused
    message: "status http://10.0.0.1:2379: connection refused"
    next_step: Check that etcd runs there and that the endpoints are its client URLs.
  contains:
    code:
      description:
        - One of V(connection_refused), V(timeout), V(tls_error), V(auth_required), V(auth_failed),
          V(permission_denied), V(not_etcd), V(transport_unavailable) and V(server_error).
      type: str
      returned: always
      sample: connection_refused
    message:
      description: What was attempted, at which endpoint, and why it failed, with etcd's own message.
      type: str
      returned: always
      sample: "status http://10.0.0.1:2379: connection refused"
    next_step:
      description: What to do next.
      type: str
      returned: always
      sample: Check that etcd runs there and that the endpoints are its client URLs.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import (
    ACCEPT,
    CONNECTION,
    CONNECTION_TOGETHER,
    WAIT,
)
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_member import ensure_member
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "promoted", "absent"], "default": "present"},
            "name": {"type": "str"},
            "peer_urls": {"type": "list", "elements": "str"},
            "member_id": {"type": "str"},
            "learner": {"type": "bool", "default": True},
            "move_leader": {"type": "bool", "default": True},
            "release": {"type": "str"},
            "min_fault_tolerance": {"type": "int", "default": 0},
            **ACCEPT,
            **CONNECTION,
            **WAIT,
        },
        required_one_of=[["name", "peer_urls", "member_id"]],
        required_together=CONNECTION_TOGETHER,
        supports_check_mode=True,
    )
    run_module(module, lambda: ensure_member(module.params, module.check_mode))


if __name__ == "__main__":
    main()
