# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Where a cluster is on its way down to an older minor release, by what its members say."""

from __future__ import annotations

import typing as t

from .storage import FIRST_TO_GO_DOWN, goes_to, minor_of

if t.TYPE_CHECKING:
    from .model import Cluster
    from .versions import Minor


def is_on(cluster: Cluster, minor: Minor | None = None) -> bool:
    """Whether a member of 3.6 or newer says that a downgrade is on, to this minor release where one is named."""
    return any(minor is None or goes_to(status, minor) for status in cluster.statuses if status.downgrade_target)


def tells_downgrade(cluster: Cluster) -> bool:
    """Whether any member says if a downgrade is on: those before 3.6 do not."""
    return any(minor_of(status.version) >= FIRST_TO_GO_DOWN for status in cluster.statuses)


def lowest_of(cluster: Cluster) -> Minor:
    """The oldest minor release that a member answers with. There is always one that answers."""
    return min(minor_of(status.version) for status in cluster.statuses)
