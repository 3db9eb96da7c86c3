#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_cluster_info
short_description: Query an etcd cluster, its members and its quorum
version_added: 0.1.0
description:
  - Reads the member list, which a quorum confirms if there is one, and asks all members for their status in parallel.
  - It also works without a quorum, and then says that there is no quorum. All members that do not answer take one
    O(request_timeout) together.
  - With authentication on and no quorum nobody can log in, and without a login etcd does not tell who its members are.
    The module then fails with the refusal V(no_quorum), and RV(endpoints) has what each endpoint tells anyone.
  - With O(desired_members) it also returns a safe plan from the present membership to that membership.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.info_module
  - quorum.etcd._attributes.actiongroup_etcd
  - quorum.etcd._connection
options:
  hash:
    description:
      - Whether to compare the hashes of all voters' keyspaces at one revision. Every voter reads its whole database for
        that.
      - With authentication on, the user needs the role V(root). The JSON gateway of etcd 3.4 does not support hashes.
    type: bool
    default: false
  expires_within_days:
    description:
      - RV(concerns) names the certificates that expire within this number of days. These are the ones in O(ca_cert) and
        O(client_cert), and those that the members serve at their client URLs. V(0) turns this off.
    type: float
    default: 30
  desired_members:
    description:
      - The membership to plan for. RV(plan) then has the moves that lead there, in a safe order.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the member.
        type: str
        required: true
      peer_urls:
        description:
          - Peer URLs of the member.
        type: list
        elements: str
        required: true
seealso:
  - module: quorum.etcd.etcd_member
"""

EXAMPLES = r"""
- name: Query the cluster
  quorum.etcd.etcd_cluster_info:
    endpoints:
      - http://10.0.0.1:2379
  register: cluster

- name: Stop if a member is unhealthy
  ansible.builtin.assert:
    that: cluster.healthy

- name: Plan the moves to three members
  quorum.etcd.etcd_cluster_info:
    endpoints:
      - http://10.0.0.1:2379
    desired_members:
      - name: n1
        peer_urls: [http://10.0.0.1:2380]
      - name: n2
        peer_urls: [http://10.0.0.2:2380]
      - name: n3
        peer_urls: [http://10.0.0.3:2380]
"""

RETURN = r"""
healthy:
  description: Whether there is a quorum and every member is healthy.
  type: bool
  returned: success
  sample: true
has_quorum:
  description: Whether a quorum confirmed the member list. Without a quorum RV(members) may be stale.
  type: bool
  returned: success
  sample: true
cluster_version:
  description:
    - The release that the cluster behaves as, which is the oldest minor release of its members. Null when it is not
      known.
  type: str
  returned: success
  sample: 3.6.0
versions:
  description: The etcd releases of the members that answered, each with the number of members.
  type: dict
  returned: success
  sample: {3.6.16: 1, 3.7.3: 2}
downgrade:
  description: Whether a downgrade of the cluster is on. No member can join while it is.
  type: dict
  returned: success
  sample: {enabled: true, target_version: 3.6.0}
  contains:
    enabled:
      description: Whether it is on.
      type: bool
      returned: always
      sample: true
    target_version:
      description: The release that the cluster goes down to. Null while no downgrade is on.
      type: str
      returned: always
      sample: 3.6.0
cluster_id:
  description: Id of the cluster in hexadecimal.
  type: str
  returned: success
  sample: 8a8f1b6a3b2a5d1c
quorum:
  description: The arithmetic of the quorum.
  type: dict
  returned: success
  sample: &quorum {voters: 3, size: 2, healthy: 3, fault_tolerance: 1}
  contains:
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
leader:
  description: The leader, with the first nine keys of RV(members). Null while there is no leader.
  type: dict
  returned: success
  sample:
    id: 8211f1d0f64f3269
    name: n1
    peer_urls: [http://10.0.0.1:2380]
    client_urls: [http://10.0.0.1:2379]
    is_learner: false
    role: leader
    started: true
    healthy: true
    reason: ""
members:
  description: All members with their status, voters first.
  type: list
  elements: dict
  returned: success
  sample:
    - id: 8211f1d0f64f3269
      name: n1
      peer_urls: [http://10.0.0.1:2380]
      client_urls: [http://10.0.0.1:2379]
      is_learner: false
      role: leader
      started: true
      healthy: true
      reason: ""
      reachable: true
      error: null
      version: 3.7.3
      storage_version: 3.7.0
      leader: 8211f1d0f64f3269
      raft_term: 4
      raft_index: 48211
      raft_applied_index: 48211
      raft_lag: 0
      progress: null
      revision: 40312
      db_size: 25190400
      db_size_in_use: 20180992
      db_size_quota: 2147483648
      db_quota_used: 1
      feature_gates: [FastLeaseKeepAlive, TxnModeWriteWithSharedBuffer]
      alarms: []
  contains:
    id:
      description: Member id in hexadecimal.
      type: str
      returned: always
      sample: 8211f1d0f64f3269
    name:
      description: Name of the member. Empty if it has never started.
      type: str
      returned: always
      sample: n1
    peer_urls:
      description: Peer URLs, as etcd has stored them.
      type: list
      elements: str
      returned: always
      sample: [http://10.0.0.1:2380]
    client_urls:
      description: Client URLs that the member advertises. Empty if it has never started.
      type: list
      elements: str
      returned: always
      sample: [http://10.0.0.1:2379]
    is_learner:
      description: Whether it is a learner, which has no vote.
      type: bool
      returned: always
      sample: false
    role:
      description: One of V(leader), V(voter) and V(learner).
      type: str
      returned: always
      sample: leader
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
    reachable:
      description: Whether the member answered.
      type: bool
      returned: always
      sample: true
    error:
      description: Why the member did not answer, as a code and a message. Null when it answered.
      type: dict
      returned: always
      sample: {code: connection_refused, message: "does not answer: asking the status of http://10.0.0.3:2379:
        Connection refused"}
    version:
      description: The member's etcd release. Null when it did not answer.
      type: str
      returned: always
      sample: 3.7.3
    storage_version:
      description: The release that the member's data on disk fit. Null when it did not answer, and before 3.6.
      type: str
      returned: always
      sample: 3.7.0
    leader:
      description: Id of the leader that the member follows. Null when it has no leader or did not answer.
      type: str
      returned: always
      sample: 8211f1d0f64f3269
    raft_term:
      description: The member's raft term. Null when it did not answer.
      type: int
      returned: always
      sample: 4
    raft_index:
      description: The newest raft entry that the member knows to be committed. Null when it did not answer.
      type: int
      returned: always
      sample: 48211
    raft_applied_index:
      description: The newest raft entry that the member has applied. Null when it did not answer.
      type: int
      returned: always
      sample: 48211
    raft_lag:
      description: How many raft entries the member is behind the leader. Null when it did not answer.
      type: int
      returned: always
      sample: 0
    progress:
      description: How far a learner has caught up, in per cent. Null for voters and for learners that did not answer.
      type: int
      returned: always
      sample: 97
    revision:
      description: The member's newest revision of the keyspace. Null when it did not answer.
      type: int
      returned: always
      sample: 40312
    db_size:
      description: Size of the member's database in bytes. Null when it did not answer.
      type: int
      returned: always
      sample: 25190400
    db_size_in_use:
      description: Bytes of the database that are in use. Null when the member did not answer.
      type: int
      returned: always
      sample: 20180992
    db_size_quota:
      description: Quota of the database in bytes. Null when it is not known.
      type: int
      returned: always
      sample: 2147483648
    db_quota_used:
      description: How much of the quota the database takes, in per cent. Null when the quota is not known.
      type: int
      returned: always
      sample: 1
    feature_gates:
      description: The feature gates that are on. Null when they are not known, and before 3.6.
      type: list
      elements: str
      returned: always
      sample: [FastLeaseKeepAlive, TxnModeWriteWithSharedBuffer]
    alarms:
      description: The alarms that the member raised, V(NOSPACE) or V(CORRUPT).
      type: list
      elements: str
      returned: always
      sample: [NOSPACE]
concerns:
  description: Problems that an operator should know, the most serious first. The same texts are shown as warnings.
  type: list
  elements: dict
  returned: success
  sample:
    - code: even_size
      message: 4 voters tolerate no more failures than 3 would.
  contains:
    code:
      description:
        - One of V(cluster_id_mismatch), V(split_brain), V(removed_member_answers), V(no_quorum), V(too_few_healthy),
          V(no_fault_tolerance), V(even_size), V(alarm), V(member_unstarted), V(member_unhealthy), V(learner_waiting),
          V(duplicate_name), V(version_skew), V(downgrade), V(quota), V(fragmented), V(lag) and
          V(certificate_expires).
      type: str
      returned: always
      sample: even_size
    message:
      description: The problem in a sentence.
      type: str
      returned: always
      sample: 4 voters tolerate no more failures than 3 would.
initial_cluster:
  description: The members, in the form of C(ETCD_INITIAL_CLUSTER).
  type: str
  returned: success
  sample: n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380
initial_cluster_state:
  description: The value of C(ETCD_INITIAL_CLUSTER_STATE) for a member that joins.
  type: str
  returned: success
  sample: existing
hash:
  description: The comparison of the keyspaces.
  type: dict
  returned: when O(hash=true)
  sample:
    revision: 40312
    consistent: true
    hashes: {8211f1d0f64f3269: 3189302198, 91bc3c398fb3c146: 3189302198}
    errors: {}
  contains:
    revision:
      description: The revision up to which the keyspaces were compared.
      type: int
      returned: always
      sample: 40312
    consistent:
      description: Whether all hashes are equal. Null when fewer than two members could be compared.
      type: bool
      returned: always
      sample: true
    hashes:
      description: The hash of each member, by id.
      type: dict
      returned: always
      sample: {8211f1d0f64f3269: 3189302198}
    errors:
      description: The reason why a member has no hash, by id.
      type: dict
      returned: always
      sample: {}
plan:
  description: The moves to O(desired_members), as far as they can be planned. Empty if there is nothing to do.
  type: list
  elements: dict
  returned: when O(desired_members) is given
  sample:
    - action: add_learner
      member: {id: null, name: n3, peer_urls: [http://10.0.0.3:2380]}
  contains:
    action:
      description:
        - One of V(add_learner), V(add_voter), V(start), V(update_peer_urls), V(promote), V(move_leader) and V(remove),
          where V(start) means to start etcd on the member's host.
      type: str
      returned: always
      sample: add_learner
    member:
      description: Id, name and peer URLs of the member of this move, as far as they are known.
      type: dict
      returned: always
      sample: {id: null, name: n3, peer_urls: [http://10.0.0.3:2380]}
refusal:
  description: Why RV(plan) does not reach O(desired_members), in the form that M(quorum.etcd.etcd_member) returns. Null
    when it does. Also why the module failed when nobody can log in.
  type: dict
  returned: when O(desired_members) is given, or when nobody can log in
  sample: null
endpoints:
  description: What each endpoint tells without a login.
  type: list
  elements: dict
  returned: when authentication is on and no member gives out a token
  sample:
    - endpoint: https://10.0.0.2:2379
      answers: true
      version: 3.7.3
      cluster_version: 3.7.0
      storage_version: 3.7.0
      reason: RAFT NO LEADER
      failed_checks: []
  contains:
    endpoint:
      description: The endpoint.
      type: str
      returned: always
      sample: https://10.0.0.2:2379
    answers:
      description: Whether it answered.
      type: bool
      returned: always
      sample: true
    version:
      description: The member's etcd release. Null when it is not known.
      type: str
      returned: always
      sample: 3.7.3
    cluster_version:
      description: The release that the cluster behaves as. Null when it is not known.
      type: str
      returned: always
      sample: 3.7.0
    storage_version:
      description: The release that the member's data on disk fit. Null when it is not known, and before 3.6.
      type: str
      returned: always
      sample: 3.7.0
    reason:
      description: Why it is not healthy, in etcd's words, or why it did not answer. Empty for a healthy member.
      type: str
      returned: always
      sample: RAFT NO LEADER
    failed_checks:
      description: The checks of C(/readyz) that failed.
      type: list
      elements: str
      returned: always
      sample: [non_learner]
error:
  description: What went wrong between the module and etcd, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: failure
  sample:
    code: connection_refused
    message: "asking the status of http://10.0.0.1:2379: Connection refused"
    next_step: Check that etcd runs there and that the endpoints are its client URLs.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import CONNECTION, CONNECTION_TOGETHER
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_cluster_info import describe_cluster
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "hash": {"type": "bool", "default": False},
            "expires_within_days": {"type": "float", "default": 30.0},
            "desired_members": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "name": {"type": "str", "required": True},
                    "peer_urls": {"type": "list", "elements": "str", "required": True},
                },
            },
            **CONNECTION,
        },
        required_together=CONNECTION_TOGETHER,
        supports_check_mode=True,
    )
    run_module(module, lambda: describe_cluster(module.params))


if __name__ == "__main__":
    main()
