# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of a cluster as a picture of some lines, from what etcd itself says and nothing that the collection
says.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.testbed import Cluster

LEADER = "leader"
VOTER = "voter"
LEARNER = "learner"


@dataclass(frozen=True)
class Seen:
    """One member as etcd lists it, and whether it answers and knows a leader."""

    name: str
    role: str
    is_up: bool
    version: str = ""


@dataclass(frozen=True)
class Picture:
    """All members at one moment."""

    members: tuple[Seen, ...]

    @property
    def voters(self) -> int:
        return sum(member.role != LEARNER for member in self.members)

    @property
    def healthy(self) -> int:
        return sum(member.role != LEARNER and member.is_up for member in self.members)

    @property
    def quorum(self) -> int:
        return self.voters // 2 + 1

    @property
    def tolerance(self) -> int:
        return max(self.healthy - self.quorum, 0)

    @property
    def names(self) -> set[str]:
        return {member.name for member in self.members}

    @property
    def leader(self) -> str:
        """Its name; empty while there is none."""
        return next((member.name for member in self.members if member.role == LEADER), "")

    @property
    def arithmetic(self) -> str:
        """The quorum in words: `3 voters, quorum 2, 2 healthy: tolerates no failure`."""
        return arithmetic(self.voters, self.quorum, self.healthy, self.tolerance)


def arithmetic(voters: int, quorum: int, healthy: int, tolerance: int) -> str:
    end = (
        f"tolerates {_count(tolerance, 'failure') if tolerance else 'no failure'}"
        if healthy >= quorum
        else "cannot write"
    )
    return f"{_count(voters, 'voter')}, quorum {quorum}, {healthy} healthy: {end}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def look(cluster: Cluster) -> Picture:
    """The cluster as its members see it now."""
    records, statuses = cluster.member_list(), cluster.statuses()
    by_id = {status["member_id"]: status for status in statuses.values()}
    leaders = {status["leader"] for status in statuses.values()}
    hosts = {host.peer_url: host.name for host in cluster.members}
    seen = []
    for record in records:
        status = by_id.get(record["ID"])
        role = LEARNER if record["isLearner"] else LEADER if record["ID"] in leaders and status else VOTER
        seen.append(
            Seen(
                hosts[record["peerURLs"][0]],
                role,
                bool(status and status["leader"]),
                status["version"] if status else "",
            )
        )
    return Picture(tuple(sorted(seen, key=lambda member: member.name)))
