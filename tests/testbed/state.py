# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a cluster as a test asks for it, and which states no etcd can be brought into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Timing = Literal["fast", "default"]
MOST_MEMBERS = 9
ROLES = ("leader", "follower")
"""What a partition can be asked for without a member's name."""


def member_name(number: int) -> str:
    """The name of the n-th host of a cluster, counted from 1: voters, then learners, then those never started."""
    return f"etcd{number}"


class ImpossibleState(ValueError):
    """The asked state contradicts itself, or the asked release cannot have it; the text says which and why."""


@dataclass(frozen=True)
class State:
    """What a cluster is to look like when it is handed over.

    ``size`` counts the voters that are started at first, those that are then killed included; learners and members that
    are registered and never started come on top.
    """

    size: int = 3
    dead: int = 0
    """Voters that are killed once the rest stands: the last ones, and none of them leads before, unless
    ``leader_dead``.
    """
    leader_dead: bool = False
    """The leader is among the dead (and alone, if ``dead`` is not given)."""
    unstarted: int = 0
    """Voters that are registered and never started."""
    learners: int = 0
    """Learners that run and are in sync."""
    unstarted_learners: int = 0
    """Learners that are registered and never started."""
    tls: bool = False
    """Client and peer traffic over TLS, with client certificates demanded on both."""
    auth: bool = False
    """RBAC on, with the user ``root``."""
    partitioned: tuple[tuple[str, ...], ...] = ()
    """Groups of members that reach only each other; those named in no group are one more group."""
    partitionable: bool = False
    """Members can be cut off later."""
    strict: bool = True
    """etcd's strict reconfiguration check (its default), once the state is built."""
    timing: Timing = "fast"
    """``fast``: heartbeat 50 ms, election 300 ms; ``default``: etcd's own 100 and 1000 ms."""

    @property
    def killed(self) -> int:
        return max(self.dead, int(self.leader_dead))

    @property
    def voters(self) -> int:
        return self.size + self.unstarted

    @property
    def changes_membership(self) -> bool:
        return bool(self.unstarted or self.learners or self.unstarted_learners)

    @property
    def loses_quorum_when_registering(self) -> bool:
        """The unstarted voters alone outnumber what the started ones can make up for."""
        return self.size <= self.voters // 2

    @property
    def needs_network(self) -> bool:
        return self.partitionable or bool(self.partitioned)

    def check(self, version: str) -> None:
        """Raises :class:`ImpossibleState` where no etcd of that version can be brought into the state."""
        self._check_counts()
        self._check_learners(version)
        self._check_unstarted()
        if self.timing not in ("fast", "default"):
            raise ImpossibleState(f"timing={self.timing!r}: it is 'fast' or 'default'")
        self._check_partitions()

    def _check_counts(self) -> None:
        if not 1 <= self.size <= MOST_MEMBERS:
            raise ImpossibleState(f"size={self.size}: a cluster here has 1 to {MOST_MEMBERS} voters")
        for name in ("dead", "unstarted", "learners", "unstarted_learners"):
            if getattr(self, name) < 0:
                raise ImpossibleState(f"{name}={getattr(self, name)} is negative")
        if self.killed >= self.size:
            raise ImpossibleState(
                f"{self.killed} of {self.size} voters dead leaves none that could be asked; ask for a larger size"
            )

    def _check_learners(self, version: str) -> None:
        release = tuple(int(part) for part in version.split(".")[:2])
        learners = self.learners + self.unstarted_learners
        if learners and release < (3, 4):
            raise ImpossibleState(f"etcd {version} knows no learners; they came with 3.4")
        if learners > 1 and release < (3, 6):
            raise ImpossibleState(
                f"{learners} learners: etcd {version} allows one at a time, only 3.6 and newer can be told more"
            )

    def _check_unstarted(self) -> None:
        beside = f"{self.unstarted} unstarted voters beside {self.size} started ones"
        if self.unstarted and self.size < (self.voters - 1) // 2 + 1:
            raise ImpossibleState(f"{beside}: the last could not be registered without a quorum")
        if self.loses_quorum_when_registering and self.size > 1 and self.strict:
            raise ImpossibleState(f"{beside}: etcd's strict check forbids it; ask with strict=False")

    def _check_partitions(self) -> None:
        named = [name for group in self.partitioned for name in group]
        if len(named) != len(set(named)):
            raise ImpossibleState("partitioned names a member in two groups")
        started = [member_name(number) for number in range(1, self.size + self.learners + 1)]
        for name in named:
            if name not in (*started, *ROLES):
                raise ImpossibleState(
                    f"partitioned: there will be no member named {name}; say {', '.join(started)}, or "
                    f"{' or '.join(ROLES)}"
                )
