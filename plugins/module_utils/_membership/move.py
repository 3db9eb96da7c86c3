# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""One move of a group on its way: what a deployment, an upgrade and a downgrade are made of."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .refusal import Refusal

# What the member's host does, and etcd is not asked for.
START = "start"
DOWNGRADE = "downgrade"


class Move(t.NamedTuple):
    """One move: an action of `steps`, or one that the member's host does. `member_id` is 0 where etcd has yet to give
    the id.

    A move with a `refusal` is not possible; it is the last one.
    """

    action: str
    member_id: int = 0
    name: str = ""
    peer_urls: tuple[str, ...] = ()
    refusal: Refusal | None = None
