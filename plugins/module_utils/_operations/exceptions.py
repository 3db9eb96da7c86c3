# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""How an operation ends without having reached its goal; apart from the operations, so that who only reports an end
need not load them.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .._client.errors import EtcdError
    from .._membership.model import Cluster, OpenHealth
    from .._membership.refusal import Refusal
    from .._membership.steps import Step


class Wait(t.NamedTuple):
    """Something that was waited for: the refusal code that held things up, its last words, and the seconds spent."""

    code: str
    message: str
    seconds: float


class Freed(t.NamedTuple):
    """What a defragmentation did to a member's database: its size before and after in bytes, and how long it took."""

    member_id: int
    name: str
    before: int
    after: int
    seconds: float


class Refused(Exception):
    """The goal was refused, after waiting where waiting could help. `healths` is what the endpoints told without a
    login, where that is all that could be had.
    """

    def __init__(self, refusal: Refusal, healths: tuple[OpenHealth, ...] = ()) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.healths = healths


class ApplyFailed(Exception):
    """The goal could not be reached: `cause` is Refused or EtcdError. What was done before stays done."""

    def __init__(
        self,
        cause: Refused | EtcdError,
        done: tuple[Step, ...],
        waits: tuple[Wait, ...],
        cluster: Cluster | None,
        freed: tuple[Freed, ...] = (),
    ) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.done = done
        self.waits = waits
        self.cluster = cluster
        self.freed = freed
