#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_defrag
short_description: Defragment the members of an etcd cluster, one at a time
version_added: 0.1.0
description:
  - The file of a member's database never gets smaller by itself. A compaction only makes room in it that can be used
    again. A defragmentation rewrites the file without that room.
  - A member applies nothing while it is defragmented, and whoever asked it for something waits. So the module does this
    to one member at a time, the leader last, and moves leadership away from it first. Before each member it waits until
    every other one is healthy and has caught up.
  - Members below the threshold are left alone. If there is no other, the module does nothing.
  - The module refuses (C(member_unhealthy)) if a member is not healthy, or is still catching up, learners included. An
    alarm NOSPACE is no obstacle.
  - Learners are skipped, since etcd does not defragment them.
  - A run that was interrupted is finished by the next one.
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
  threshold:
    description:
      - A member is defragmented if more than so many per cent of its database are free.
    type: float
    default: 50
  min_size:
    description:
      - A member whose database has fewer bytes is not defragmented, whatever share of it is free.
      - The two defaults are those from which on M(quorum.etcd.etcd_cluster_info) warns that a database is fragmented.
    type: int
    default: 104857600
  members:
    description:
      - Names of the members to choose from. All by default.
    type: list
    elements: str
  wait_timeout:
    description:
      - Seconds to wait for what passes by itself, such as a member that is catching up.
    type: float
    default: 120
notes:
  - With a single voter nothing can be read or written meanwhile. The module refuses that (C(would_stop_writes)) unless
    you accept it.
  - Give one task for the whole cluster, not one for each host (C(run_once)).
  - The request to defragment has a time-out of its own, 30 seconds and 0.1 seconds for each MiB of the database.
seealso:
  - module: quorum.etcd.etcd_alarm
  - module: quorum.etcd.etcd_cluster_info
"""

EXAMPLES = r"""
- name: Defragment what is worth it
  quorum.etcd.etcd_defrag:
    endpoints:
      - http://10.0.0.1:2379
      - http://10.0.0.2:2379
  run_once: true

- name: Defragment n2 if a fifth of its database is free, whatever its size
  quorum.etcd.etcd_defrag:
    endpoints:
      - http://10.0.0.1:2379
    members:
      - n2
    threshold: 20
    min_size: 0
"""

RETURN = r"""
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
skipped:
  description: The members that were left alone, and why.
  type: list
  elements: dict
  returned: success
  sample: []
  contains:
    id:
      description: Id of the member in hexadecimal.
      type: str
      sample: 8e9e05c52164694d
    name:
      description: Its name.
      type: str
      sample: n4
    reason:
      description: Why it was left alone.
      type: str
      sample: is a learner, and etcd defragments only voters
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
    - {action: defragment, member: {id: 8e9e05c52164694d, name: n2, peer_urls: [http://10.0.0.2:2380]}}
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
      message: "cannot defragment while a member is missing: ..."
      seconds: 1.5
diff:
  description: Sizes of the databases and the leader before and after.
  type: dict
  returned: success
  sample: {before: "", after: ""}
refusal:
  description: Why nothing more was done, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module refused
  sample:
    code: member_unhealthy
    message: "cannot defragment while a member is missing: ..."
    arithmetic: {before: null, after: null}
    next_step: "Bring it back, or remove it (quorum.etcd.etcd_member with state: absent), then run this again."
error:
  description: What went wrong between the module and etcd, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module failed for another reason than a refusal
  sample:
    code: permission_denied
    message: "defragmenting http://10.0.0.1:2379: etcdserver: permission denied"
    next_step: Use an etcd user with the role root.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import (
    ACCEPT,
    CONNECTION,
    CONNECTION_TOGETHER,
)
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_defrag import defragment
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "threshold": {"type": "float", "default": 50.0},
            "min_size": {"type": "int", "default": 104857600},
            "members": {"type": "list", "elements": "str"},
            "wait_timeout": {"type": "float", "default": 120.0},
            **ACCEPT,
            **CONNECTION,
        },
        required_together=CONNECTION_TOGETHER,
        supports_check_mode=True,
    )
    run_module(module, lambda: defragment(module.params, module.check_mode))


if __name__ == "__main__":
    main()
