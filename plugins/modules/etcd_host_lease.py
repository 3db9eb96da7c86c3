#!/usr/bin/python
# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_host_lease
short_description: Let one run at a time change the etcd cluster of a host
version_added: 0.1.0
description:
  - Records on the host which run of Ansible changes its etcd cluster, and refuses any other run meanwhile, by name.
  - The record is a file in memory. It needs no etcd, so it also holds while a cluster is bootstrapped, has no quorum,
    or changes its certificates.
  - The lease ends when the run releases it. If the run dies first, another run on the same controller takes the lease
    over at once, because it sees that the process is dead. On another controller, the lease ends by itself after
    O(ttl), which the clock of the host measures from the last renewal.
  - Take the lease on one host of a group before the others. Of two runs at once, one then gets all of them.
author:
  - The quorum.etcd founders (@quorum-etcd)
extends_documentation_fragment:
  - quorum.etcd._attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode the module takes nothing. If another run has the lease, it warns and does not fail.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - A lease is no state of the host that lasts, so the module never reports a change.
options:
  name:
    description:
      - Name of the systemd unit of etcd. There is one lease for each.
    type: str
    required: true
  state:
    description:
      - V(present) takes the lease, or renews it if this run has it.
      - V(renewed) renews it before the next change. It fails if another run has taken it since.
      - V(absent) releases it, if this run has it.
    type: str
    choices: [present, renewed, absent]
    default: present
  ttl:
    description:
      - Seconds after which the lease ends by itself if it is not renewed. Make it longer than the longest time between
        two renewals.
    type: float
    default: 420.0
  wait_timeout:
    description:
      - Seconds to wait for another run to end.
    type: float
    default: 0.0
  directory:
    description:
      - Directory of the record. Its parent directory must exist, and it must be lost when the host restarts.
    type: path
    default: /run/quorum-etcd
  holder:
    description:
      - The run that asks. The action plugin of this module sets it. Leave it out.
    type: dict
    suboptions:
      run_id:
        description:
          - Identifies the run.
        type: str
        required: true
      host:
        description:
          - Host name of the controller.
        type: str
        required: true
      user:
        description:
          - The user that runs it.
        type: str
        required: true
      playbook:
        description:
          - The playbook.
        type: str
        required: true
      play:
        description:
          - The play.
        type: str
        required: true
      since:
        description:
          - When it began.
        type: str
        required: true
      process:
        description:
          - Its process on the controller.
        type: int
        required: true
      process_start:
        description:
          - When the process began, in ticks of the controller.
        type: str
        required: true
      boot_id:
        description:
          - The boot of the controller.
        type: str
        required: true
      pid_namespace:
        description:
          - The namespace of the process.
        type: str
        required: true
  last:
    description:
      - What this module returned last. If it took or renewed the lease of this same host less than a twelfth of O(ttl)
        ago, the host is not asked again.
    type: dict
    default: {}
  dead_run:
    description:
      - A run that the controller has found dead, and whose lease this run takes over. The action plugin of this module
        sets it. Leave it out.
    type: str
    default: ''
seealso:
  - module: quorum.etcd.etcd_gate
"""

EXAMPLES = r"""
- name: Take the lease, and wait for another run for at most ten minutes
  quorum.etcd.etcd_host_lease:
    name: etcd
    wait_timeout: 600

- name: Stop before the next change if another run has taken the lease
  quorum.etcd.etcd_host_lease:
    name: etcd
    state: renewed

- name: Renew it, unless that was done only just before
  quorum.etcd.etcd_host_lease:
    name: etcd
    state: renewed
    last: "{{ lease }}"
  register: lease

- name: Release the lease
  quorum.etcd.etcd_host_lease:
    name: etcd
    state: absent
"""

RETURN = r"""
holder:
  description: The run that has the lease, or would have it if this were no check mode. It is null after a release.
  type: dict
  returned: success, or if another run has the lease
  sample:
    run_id: 5d1c8b7f3a20e946
    host: ci-7
    user: alice
    playbook: quorum.etcd.restart
    play: Restart the etcd members of the group one at a time
    since: 2026-11-27 18:40:12 UTC
    process: 4711
    process_start: "3664635"
    boot_id: 591e255e-951d-407a-a90a-1b80662c1140
    pid_namespace: pid:[4026531836]
renewed:
  description: Of which host the lease was asked for last, and when by the clock of the controller, for O(last).
  type: dict
  returned: success, if the controller has a clock that counts while it sleeps
  sample: {host: n1, at: 3716.2}
refusal:
  description: Why this run may not change the cluster, in the form that M(quorum.etcd.etcd_member) returns.
  type: dict
  returned: when another run has the lease
  sample:
    code: run_in_progress
    message: "another run is changing this cluster: quorum.etcd.restart (play \"Restart the etcd members of the group
      one at a time\"), which alice runs on ci-7 since 2026-11-27 18:40:12 UTC as process 4711"
    arithmetic: {before: null, after: null}
    next_step: Run this again when it has ended, or wait for it with etcd_cluster_wait_for_run. If it was killed, its
      lease ends by itself in 312 s.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_host_lease import OPTIONS, settle_lease


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    settle_lease(module)


if __name__ == "__main__":
    main()
