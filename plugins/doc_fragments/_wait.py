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
      - Seconds to wait out what passes by itself, such as a cluster that is not settled after a change, another learner
        that is still catching up, or the learner in question doing so.
      - When the time is over the module fails and says what it last saw.
    type: float
    default: 120
  stall_timeout:
    description:
      - Seconds without any progress of the learner's raft index before the module gives up on it, whatever is left of
        O(wait_timeout).
    type: float
    default: 60
"""
