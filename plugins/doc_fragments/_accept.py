# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations


class ModuleDocFragment:
    # The option of module_utils/_module/ that names the refusals which the user overrides.
    DOCUMENTATION = r"""
options:
  accept:
    description:
      - Refusal codes that you knowingly override in this task.
      - The other codes cannot be overridden, because the cluster would be lost, or because etcd itself refuses.
    type: list
    elements: str
    choices:
      - another_learner
      - below_min_fault_tolerance
      - corruption_passed
      - data_lost
      - learner_not_live
      - learner_not_ready
      - member_unstarted
      - peer_url_unreachable
      - quota_unknown
      - raft_files_unread
      - remove_unhealthy_first
      - root_password_unknown
      - version_bug
      - would_lock_out_clients
      - would_lose_quorum
      - would_stop_writes
    default: []
"""
