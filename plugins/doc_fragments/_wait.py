# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations


class ModuleDocFragment:
    # The options of module_utils/_module/: how long a module waits for what passes by itself.
    DOCUMENTATION = r"""
options:
  wait_timeout:
    description:
      - Seconds to wait for temporary conditions to end, such as a cluster that is not settled after a change, or a
        learner that is still catching up.
      - After that time the module fails, and says what it last saw.
    type: float
    default: 120
  stall_timeout:
    description:
      - Seconds without any progress of the learner's raft index after which the module gives up on the learner, even
        before O(wait_timeout).
    type: float
    default: 60
"""
