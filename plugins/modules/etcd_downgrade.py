#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_downgrade
short_description: Prepare an etcd cluster for an older minor release
version_added: 0.1.0
description:
  - An etcd of the minor release before can only start on the data of a member after the downgrade was enabled, and
    after every member has lowered its storage version. This module enables the downgrade, and waits for that. Then
    replace the programs and restart the members, one at a time, the leader last. The playbook C(quorum.etcd.downgrade)
    does all of it.
  - etcd ends the downgrade itself once every member runs the older release. It cannot while a member is down, or while
    a learner is. So the module refuses then, before it changes anything.
  - While a downgrade is on, no host can join the cluster.
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
  state:
    description:
      - V(validated) checks whether the downgrade could be enabled, and changes nothing.
      - V(enabled) enables the downgrade, and waits until every member has lowered its storage version. If every member
        runs O(release) already, it does nothing.
      - V(cancelled) cancels the downgrade, and waits until no member says any more that one is on. Members that run the
        older release by then keep running. Upgrade them again.
      - V(finished) waits until every member runs O(release), and etcd has ended the downgrade. It changes nothing.
    type: str
    choices:
      - validated
      - enabled
      - cancelled
      - finished
    default: enabled
  release:
    description:
      - The older release, such as V(3.6) or V(3.6.16). Only the minor release matters to etcd, and it must be the one
        before that of the cluster.
      - Required unless O(state=cancelled).
    type: str
  wait_timeout:
    description:
      - Seconds to wait for what passes by itself, such as a storage version that has yet to be lowered.
    type: float
    default: 120
seealso:
  - module: quorum.etcd.etcd_cluster_info
"""

EXAMPLES = r"""
- name: Enable the downgrade to 3.6, and wait until every member is ready for it
  quorum.etcd.etcd_downgrade:
    endpoints:
      - http://10.0.0.1:2379
      - http://10.0.0.2:2379
    release: 3.6.16

- name: Wait for the end, after every member was restarted with the program of 3.6
  quorum.etcd.etcd_downgrade:
    endpoints:
      - http://10.0.0.1:2379
    release: 3.6.16
    state: finished

- name: Stay with the newer release
  quorum.etcd.etcd_downgrade:
    endpoints:
      - http://10.0.0.1:2379
    state: cancelled
"""

RETURN = r"""
target:
  description: The release that the cluster goes down to. Null while no downgrade is on. Members before 3.6 do not tell.
  type: str
  returned: success
  sample: 3.6.0
members:
  description: All members, in the form that M(quorum.etcd.etcd_cluster_info) returns.
  type: list
  elements: dict
  returned: when the cluster was observed
  sample: []
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
plan:
  description: The step that is needed, V(enable_downgrade) or V(cancel_downgrade), in the form that
    M(quorum.etcd.etcd_member) returns. Empty if there is nothing to change.
  type: list
  elements: dict
  returned: success
  sample:
    - {action: enable_downgrade, member: {id: null, name: null, peer_urls: []}}
done:
  description: The steps that were made.
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
    - code: cluster_unsettled
      message: "the downgrade to 3.6 is enabled, and not every member is ready for it: n1 runs 3.7.3 with storage ..."
      seconds: 2.0
text:
  description: Releases, storage versions and the downgrade, for people. If members run two minor releases, also what to
    do next.
  type: str
  returned: success
  sample: |
    n1: etcd 3.7.3, storage version 3.6.0
    n2: etcd 3.6.16, storage version 3.6.0
    downgrade: off
diff:
  description: Releases, storage versions and the downgrade before and after.
  type: dict
  returned: success
  sample: {before: "", after: ""}
refusal:
  description: Why the cluster does not go down, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module refused
  sample:
    code: another_learner
    message: "cannot downgrade to 3.6: n4 is a learner, and etcd ends a downgrade only when every member runs ..."
    arithmetic: {before: null, after: null}
    next_step: "Promote it (state: promoted) or remove it (state: absent) first."
error:
  description: What went wrong between the module and etcd, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module failed for another reason than a refusal
  sample:
    code: permission_denied
    message: "validating the downgrade at http://10.0.0.1:2379: etcdserver: permission denied"
    next_step: Use an etcd user with the role root.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import (
    CONNECTION,
    CONNECTION_TOGETHER,
)
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_downgrade import bring_about
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {
                "type": "str",
                "choices": ["validated", "enabled", "cancelled", "finished"],
                "default": "enabled",
            },
            "release": {"type": "str"},
            "wait_timeout": {"type": "float", "default": 120.0},
            **CONNECTION,
        },
        required_if=[["state", state, ["release"]] for state in ("validated", "enabled", "finished")],
        required_together=CONNECTION_TOGETHER,
        supports_check_mode=True,
    )
    run_module(module, lambda: bring_about(module.params, module.check_mode))


if __name__ == "__main__":
    main()
