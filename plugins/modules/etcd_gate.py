#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_gate
short_description: Wait until a rolling change of an etcd cluster may take its next step
version_added: 0.1.0
description:
  - Use this module instead of a fixed pause between the steps of a rolling change, such as a restart of one member at a
    time.
  - It checks the whole cluster, and waits until the step is safe. After O(wait_timeout) it refuses, and says what it
    last saw.
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
      - V(stoppable) waits until the other members keep the quorum without O(name). If O(name) is the leader, the module
        moves the leadership. The only member of a cluster may always be stopped.
      - V(running) waits until O(name) is a healthy voter. Without O(name) it waits until all members are healthy
        voters.
      - V(started) is like V(running), but learners count as well. Use it after the start of a member that may be a
        learner.
    type: str
    choices:
      - stoppable
      - running
      - started
    required: true
  name:
    description:
      - Name of the member. Required for O(state=stoppable).
    type: str
seealso:
  - module: quorum.etcd.etcd_cluster_info
"""

EXAMPLES = r"""
- name: Wait until n1 can be stopped
  quorum.etcd.etcd_gate:
    endpoints:
      - http://10.0.0.2:2379
    state: stoppable
    name: n1

- name: Restart it
  ansible.builtin.systemd_service:
    name: etcd
    state: restarted

- name: Wait until it is back
  quorum.etcd.etcd_gate:
    endpoints:
      - http://10.0.0.2:2379
    state: running
    name: n1
"""

RETURN = r"""
member:
  description: The member, in the form that M(quorum.etcd.etcd_member) returns. Null without O(name).
  type: dict
  returned: success
  sample: null
version:
  description:
    - Release that the member ran when the module last asked it, at the end of the wait. Null without O(name), and for a
      member that did not answer.
  type: str
  returned: success
  sample: 3.7.3
members:
  description: All members, in the form that M(quorum.etcd.etcd_member) returns.
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
  description: The leader. Null while there is no leader.
  type: dict
  returned: when the cluster was observed
  sample: null
quorum:
  description: The arithmetic of the quorum, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the cluster was observed
  sample: {voters: 3, size: 2, healthy: 3, fault_tolerance: 1}
plan:
  description: The move of the leadership if the module needs one, in the form that M(quorum.etcd.etcd_member) returns.
  type: list
  elements: dict
  returned: success
  sample: []
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
  sample: []
diff:
  description: Membership and quorum before and after.
  type: dict
  returned: success
  sample: {before: "", after: ""}
refusal:
  description: Why the next step is not safe, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module refused
  sample:
    code: would_lose_quorum
    message: "cannot stop n1: 1 of 3 voters would be healthy and 2 are needed (n3 does not answer)"
    arithmetic: {before: null, after: null}
    next_step: Bring the other members back first.
error:
  description: What went wrong between the module and etcd, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when the module failed for another reason than a refusal
  sample:
    code: connection_refused
    message: "status http://10.0.0.1:2379: connection refused"
    next_step: Check that etcd runs there and that the endpoints are its client URLs.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.arguments import (
    ACCEPT,
    CONNECTION,
    CONNECTION_TOGETHER,
    WAIT,
)
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_gate import pass_gate
from ansible_collections.quorum.etcd.plugins.module_utils._module.results import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["stoppable", "running", "started"], "required": True},
            "name": {"type": "str"},
            **ACCEPT,
            **CONNECTION,
            **WAIT,
        },
        required_if=[["state", "stoppable", ["name"]]],
        required_together=CONNECTION_TOGETHER,
        supports_check_mode=True,
    )
    run_module(module, lambda: pass_gate(module.params, module.check_mode))


if __name__ == "__main__":
    main()
