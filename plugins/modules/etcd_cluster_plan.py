#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_cluster_plan
short_description: Plan how the hosts of a group become the members of one etcd cluster
version_added: 0.1.0
description:
  - Compares the results of M(quorum.etcd.etcd_host_info) on every host with the cluster that answers at O(endpoints).
    It returns the moves that make exactly these hosts the members of the cluster, in a safe order. If there is no safe
    plan, it refuses.
  - It plans a new cluster only if no host has data of a cluster and every endpoint refuses the connection.
  - If hosts have data and no member answers, it plans to start these hosts' members. Then plan again.
  - It never changes anything. C(changed) says whether there is anything to do, and the diff shows the plan.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
  - quorum.etcd._attributes.actiongroup_etcd
  - quorum.etcd._accept
  - quorum.etcd._connection
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state.
  diff_mode:
    support: full
    details:
      - The diff shows the plan.
  idempotent:
    support: full
    details:
      - This action does not modify state.
options:
  hosts:
    description:
      - The hosts that should be the members, each in the form of RV(quorum.etcd.etcd_host_info#module:host).
    type: list
    elements: dict
    required: true
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
      client_urls:
        description:
          - Client URLs that the member advertises. They are queried like O(endpoints).
        type: list
        elements: str
        default: []
      data_dir:
        description:
          - The content of the host's data directory.
        type: dict
        required: true
        suboptions:
          path:
            description:
              - The data directory.
            type: str
          wal_dir:
            description:
              - The directory of the write-ahead log, below the data directory or apart from it.
            type: str
          state:
            description:
              - State of the data directory.
            type: str
            choices:
              - absent
              - empty
              - data
              - incomplete
              - unreadable
            required: true
          member_id:
            description:
              - Id of the member to which the data belongs.
            type: str
          cluster_id:
            description:
              - Id of the cluster to which the data belongs.
            type: str
          reason:
            description:
              - Why the data directory is incomplete or unreadable.
            type: str
      running:
        description:
          - Whether the host's etcd service has a process.
        type: bool
        required: true
      outdated:
        description:
          - Names of the settings that a restart would change for the process. Members with such settings are restarted,
            one at a time, the leader last.
        type: list
        elements: str
        default: []
      first_start:
        description:
          - The settings of the member's first start, until the member has been ready.
        type: dict
        suboptions:
          initial_cluster:
            description:
              - The value of C(ETCD_INITIAL_CLUSTER).
            type: str
            required: true
          state:
            description:
              - The value of C(ETCD_INITIAL_CLUSTER_STATE).
            type: str
            required: true
      past:
        description:
          - What shows that the host was configured as a member before. If its data directory is empty or incomplete
            now, or if its data directory or write-ahead log would be elsewhere, the module refuses.
        type: dict
        suboptions:
          files:
            description:
              - Files of a member that exist on the host.
            type: list
            elements: str
            default: []
          data_dir:
            description:
              - The data directory that the host's settings name.
            type: str
          process_data_dir:
            description:
              - The data directory with which the running process was started.
            type: str
          holds_data:
            description:
              - Whether there is anything in the data directory that the settings name.
            type: bool
            default: false
          wal_dir:
            description:
              - The directory of the write-ahead log by the host's settings.
            type: str
          process_wal_dir:
            description:
              - The directory of the write-ahead log with which the running process was started.
            type: str
          holds_log:
            description:
              - Whether there is a write-ahead log in the directory that the settings stand for.
            type: bool
            default: false
          unfinished:
            description:
              - Whether the host's member has never been ready, or was wiped.
            type: bool
            default: false
      release:
        description:
          - The etcd release of the program on the host, such as V(3.6.16). A host whose program does not fit the
            cluster is not added, and a member is not restarted if that would be an upgrade to another minor release.
        type: str
      raft_files:
        description:
          - What the snapshots and the write-ahead log of the host hold. The plan of an upgrade needs it.
        type: dict
        suboptions:
          snapshot_index:
            description:
              - Index of the newest snapshot that etcd would start from, V(0) when there is none.
            type: int
            default: 0
          last_v2_request_index:
            description:
              - Index of the last entry after that snapshot that etcd 3.7 cannot read, V(0) when there is none.
            type: int
            default: 0
          last_v2_read_index:
            description:
              - Index of the last entry after that snapshot with a read of etcd's version 2, at which etcd 3.6 panics,
                V(0) when there is none.
            type: int
            default: 0
          v2_keys:
            description:
              - The first keys of etcd's version 2 with which etcd 3.6 does not start.
            type: list
            elements: str
            default: []
          last_index:
            description:
              - Index of the last entry of the log.
            type: int
            default: 0
          reason:
            description:
              - Why the files cannot be read.
            type: str
  certificates:
    description:
      - Certificates to renew, as M(quorum.etcd.etcd_certificate_plan) returns them in C(due). The text of the plan
        names them.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the host's member.
        type: str
        required: true
      file:
        description:
          - Name of the file.
        type: str
        required: true
      reason:
        description:
          - Why it is renewed.
        type: str
        required: true
  cluster_name:
    description:
      - Name of the cluster, as O(forget) has to give it.
    type: str
  forget:
    description:
      - The O(cluster_name) again, if the cluster is gone for good and a new and empty one should begin on hosts that
        were its members. Otherwise the module refuses to bootstrap on hosts that have lost their data.
    type: str
  remove_unlisted:
    description:
      - Whether to remove members that have no host in O(hosts). Otherwise these members stay, and a warning names them.
    type: bool
    default: false
  wipe_stale_data:
    description:
      - Whether data that does not belong to a member of the cluster may be wiped. While no member answers, nothing is
        wiped.
    type: bool
    default: false
  rebuild:
    description:
      - Name of a host in O(hosts). Its member is removed, healthy or not, its data is wiped, and the host joins again.
    type: str
  upgrade_to:
    description:
      - The new release of every member, such as V(3.5.30). The plan then only upgrades the members that do not run this
        release, one at a time, the leader last.
      - RV(checks) tells what was checked of each host.
      - The module refuses if etcd cannot be upgraded to that release from the present release, if a member is not
        healthy, or if O(hosts) are not exactly the members.
    type: str
  take_snapshots:
    description:
      - Whether members may be restarted before an upgrade to etcd 3.6 or 3.7, so that they take a snapshot. etcd 3.6
        panics at reads of version 2 in the log, etcd 3.7 at entries of the form of 3.5. Neither reads the entries
        before the newest snapshot.
      - With V(false), the module refuses if a member has such entries.
    type: bool
    default: false
  serve_both:
    description:
      - Whether the members are to serve http and https at the same addresses, as while a cluster is migrated to TLS.
        Members before etcd 3.5.8 may then refuse every client that does not use TLS, so the module refuses these
        releases (C(version_bug)).
    type: bool
    default: false
  downgrade_to:
    description:
      - The older release of every member, such as V(3.6.16). The plan then enables the downgrade, if it goes to the
        minor release before, and downgrades the members that do not run this release, one at a time, the leader last.
      - The module refuses if etcd cannot be downgraded to that release from the present release, if there is a learner,
        if a member is not healthy, or if O(hosts) are not exactly the members.
    type: str
  wait_timeout:
    description:
      - Seconds to wait for temporary conditions to end, such as an election.
    type: float
    default: 30
seealso:
  - module: quorum.etcd.etcd_host_info
  - module: quorum.etcd.etcd_member
"""

EXAMPLES = r"""
- name: Plan the cluster of this group
  quorum.etcd.etcd_cluster_plan:
    endpoints:
      - http://10.0.0.1:2379
      - http://10.0.0.2:2379
      - http://10.0.0.3:2379
    hosts:
      # The return value `host` of quorum.etcd.etcd_host_info, for each host
      - name: n1
        peer_urls: [http://10.0.0.1:2380]
        data_dir: {state: data, member_id: 8211f1d0f64f3269, cluster_id: 8a8f1b6a3b2a5d1c}
        running: true
      - name: n2
        peer_urls: [http://10.0.0.2:2380]
        data_dir: {state: absent}
        running: false
  diff: true
  register: planned

- name: Plan an upgrade of this cluster
  quorum.etcd.etcd_cluster_plan:
    endpoints:
      - http://10.0.0.1:2379
    hosts:
      - name: n1
        peer_urls: [http://10.0.0.1:2380]
        data_dir: {state: data, member_id: 8211f1d0f64f3269, cluster_id: 8a8f1b6a3b2a5d1c}
        running: true
    upgrade_to: 3.5.30
  diff: true

- name: Show the plan
  ansible.builtin.debug:
    var: planned.text
"""

RETURN = r"""
plan:
  description: The moves, in order. Empty if there is nothing to do.
  type: list
  elements: dict
  returned: success
  sample:
    - action: add_learner
      member: {id: null, name: n4, peer_urls: [https://10.0.0.4:2380]}
  contains:
    action:
      description:
        - One of V(bootstrap), V(wipe), V(add_learner), V(start), V(promote), V(update_peer_urls), V(move_leader),
          V(remove), V(restart), V(take_snapshot), V(upgrade), V(enable_downgrade) and V(downgrade).
      type: str
      returned: always
      sample: add_learner
    member:
      description: Id, name and peer URLs of the member of this move, as far as they are known.
      type: dict
      returned: always
      sample: {id: null, name: n4, peer_urls: [https://10.0.0.4:2380]}
sequence:
  description:
    - The moves of RV(plan) that are made one after the other, once the hosts in RV(bootstrap) or RV(start) were
      started.
    - Moves that M(quorum.etcd.etcd_member) makes as part of another move are left out. It adds a member before the
      member's first start, and moves the leadership before a removal.
  type: list
  elements: dict
  returned: success
  sample:
    - action: promote
      member: {id: 8211f1d0f64f3269, name: n4, peer_urls: [https://10.0.0.4:2380]}
complete:
  description: Whether RV(plan) has all moves. Otherwise start the members in RV(start) first, and plan again.
  type: bool
  returned: success
  sample: true
bootstrap:
  description: Names of the hosts that bootstrap a new cluster with RV(initial_cluster).
  type: list
  elements: str
  returned: success
  sample: []
start:
  description: Names of the members that have their data and only need to be started. They are started all at once.
  type: list
  elements: str
  returned: success
  sample: []
wipe:
  description: Names of the hosts whose stale data must be wiped.
  type: list
  elements: str
  returned: success
  sample: []
restart:
  description: Names of the members that run with outdated settings, the leader last.
  type: list
  elements: str
  returned: success
  sample: []
upgrade:
  description: Names of the members that do not run O(upgrade_to), the leader last.
  type: list
  elements: str
  returned: success
  sample: []
snapshots:
  description: Members that take a snapshot before their upgrade, with O(take_snapshots).
  type: list
  elements: dict
  returned: success
  sample: []
  contains:
    name:
      description: Name of the member.
      type: str
      returned: always
      sample: n1
    entry:
      description: Index of the last entry that the snapshot has to hold.
      type: int
      returned: always
      sample: 8
    snapshot_count:
      description: The C(snapshot-count) with which one start of the member takes a snapshot.
      type: int
      returned: always
      sample: 1
checks:
  description: What was checked of each host before an upgrade, or before it joins.
  type: list
  elements: dict
  returned: success, and if an upgrade or a join is refused
  sample:
    - {host: n1, check: 3.7 can read its log, outcome: passes, code: null}
  contains:
    host:
      description: Name of the member. Null for a check of the whole cluster.
      type: str
      returned: always
      sample: n1
    check:
      description: What was checked.
      type: str
      returned: always
      sample: 3.7 can read its log
    outcome:
      description: One of V(passes), V(would be put right) and V(stands in the way).
      type: str
      returned: always
      sample: passes
    code:
      description: Code of the refusal. Null if the check passes.
      type: str
      returned: always
      sample: null
downgrade:
  description: Names of the members that do not run O(downgrade_to), the leader last.
  type: list
  elements: str
  returned: success
  sample: []
unlisted:
  description: Members that have no host in O(hosts) and stay, in the form of RV(quorum.etcd.etcd_member#module:members)
    of M(quorum.etcd.etcd_member).
  type: list
  elements: dict
  returned: success
  sample: []
initial_cluster:
  description: The value of C(ETCD_INITIAL_CLUSTER) for a new cluster of these hosts.
  type: str
  returned: success
  sample: n1=https://10.0.0.1:2380,n2=https://10.0.0.2:2380
healthy:
  description: Whether a cluster answers, has its quorum, and has only healthy members.
  type: bool
  returned: success
  sample: true
cluster_id:
  description: Id of the cluster in hexadecimal. Null when no cluster answers.
  type: str
  returned: success
  sample: 8a8f1b6a3b2a5d1c
leader:
  description: The leader, in the form of RV(members). Null while there is no leader.
  type: dict
  returned: success
  sample: null
members:
  description: All members, in the form of RV(quorum.etcd.etcd_member#module:members) of M(quorum.etcd.etcd_member).
  type: list
  elements: dict
  returned: success
  sample: []
quorum:
  description: The arithmetic of the quorum, in the form of RV(quorum.etcd.etcd_member#module:quorum) of
    M(quorum.etcd.etcd_member).
  type: dict
  returned: success
  sample: {voters: 3, size: 2, healthy: 3, fault_tolerance: 1}
text:
  description:
    - The plan as text, at most 80 columns wide unless names and URLs are long. If an upgrade or a join is refused, only
      RV(checks) as a table.
  type: str
  returned: success, and if an upgrade or a join is refused
  sample: |
    No etcd answers, and no host has data of etcd.

    The plan has one move:
        + n1  bootstrap             https://10.0.0.1:2380

    Afterwards: 1 voter, quorum 1, tolerates 0
done:
  description: Always empty, because the module changes nothing.
  type: list
  elements: dict
  returned: failure
  sample: []
diff:
  description: The plan as text.
  type: dict
  returned: success
  sample: {prepared: "There is nothing to do."}
refusal:
  description: Why there is no plan, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when there is no safe plan
  sample:
    code: cluster_id_mismatch
    message: "the hosts have the data of 2 different clusters, and no member answers (c1: n1, n2; c2: n3)"
    arithmetic: {before: null, after: null}
    next_step: Take the hosts of the other clusters out of the group, or delete their data directories if nobody needs
      them.
error:
  description: What went wrong between the module and etcd, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module failed for another reason than a refusal
  sample:
    code: timeout
    message: "asking the status of http://10.0.0.1:2379: no answer in time"
    next_step: Check what runs at these addresses, and whether this host can reach them.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import (
    ACCEPT,
    CONNECTION,
    CONNECTION_TOGETHER,
)
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_cluster_plan import (
    CERTIFICATES,
    HOSTS,
    plan_deployment,
)
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "hosts": {"type": "list", "elements": "dict", "required": True, "options": HOSTS},
            "certificates": {"type": "list", "elements": "dict", "default": [], "options": CERTIFICATES},
            "remove_unlisted": {"type": "bool", "default": False},
            "wipe_stale_data": {"type": "bool", "default": False},
            "rebuild": {"type": "str"},
            "cluster_name": {"type": "str"},
            "forget": {"type": "str"},
            "upgrade_to": {"type": "str"},
            "take_snapshots": {"type": "bool", "default": False},
            "downgrade_to": {"type": "str"},
            "serve_both": {"type": "bool", "default": False},
            **ACCEPT,
            "wait_timeout": {"type": "float", "default": 30.0},
            **CONNECTION,
        },
        mutually_exclusive=[("rebuild", "upgrade_to", "downgrade_to")],
        required_together=CONNECTION_TOGETHER,
        supports_check_mode=True,
    )
    run_module(module, lambda: plan_deployment(module.params))


if __name__ == "__main__":
    main()
