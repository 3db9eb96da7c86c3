# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What a user wants of a member, and what has to be done for it: the values that every plan is made of."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .identity import Identity
from .model import Member
from .refusal import Refusal
from .steps import Step

PRESENT = "present"
PROMOTED = "promoted"
ABSENT = "absent"
# What a rolling change waits for between its steps.
STOPPABLE = "stoppable"
RUNNING = "running"
STARTED = "started"
# Where leadership is to be.
LEADER = "leader"
FOLLOWER = "follower"


@dataclass(frozen=True)
class Goal:
    """What a user wants of one member. Peer URLs are normalised; `accept` holds refusal codes to override.

    `release` is that of the program that a new member will run, empty where it is not known. `is_log_clean` says
    whether a member of 3.7 can read every entry that the others would send it, None where that is not known. The
    `password` of the task is masked in whatever the task returns.
    """

    state: str
    identity: Identity
    learner: bool = True
    move_leader: bool = True
    min_fault_tolerance: int = 0
    accept: frozenset[str] = frozenset()
    release: str = ""
    is_log_clean: bool | None = None
    password: str = field(default="", repr=False)


class Plan(t.NamedTuple):
    """Steps from a cluster to a goal, none where it is reached.

    `target` is the member that the goal means, as it is now.
    """

    steps: tuple[Step, ...] = ()
    target: Member | None = None
    warnings: tuple[str, ...] = ()


Verdict = t.Union[Plan, Refusal]
