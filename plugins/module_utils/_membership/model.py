# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The values that describe an etcd cluster: what is recorded, what its members answered, what is missing."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

NOSPACE = "NOSPACE"
CORRUPT = "CORRUPT"


def hex_id(number: int) -> str:
    """A cluster or member id the way etcdctl prints it: lower-case hexadecimal, no prefix, no padding."""
    return f"{number:x}"


@dataclass(frozen=True)
class Member:
    """One record of etcd's member list, as etcd stores it."""

    member_id: int
    name: str = ""
    peer_urls: tuple[str, ...] = ()
    client_urls: tuple[str, ...] = ()
    is_learner: bool = False

    @property
    def is_started(self) -> bool:
        """Whether the member has ever published its name (etcd: membership.Member.IsStarted).

        A member that ran once and is stopped now still counts as started.
        """
        return bool(self.name)

    @property
    def is_voter(self) -> bool:
        return not self.is_learner

    @property
    def label(self) -> str:
        """How messages call this member: its name, or its peer URLs while it has none."""
        return self.name or "unstarted member {} ({})".format(hex_id(self.member_id), ", ".join(self.peer_urls))


class MemberList(t.NamedTuple):
    """A member list as the member `answered_by` gave it."""

    cluster_id: int
    answered_by: int
    members: tuple[Member, ...]
    raft_term: int = 0


@dataclass(frozen=True)
class Status:
    """One member's own answer to Maintenance/Status. Sizes in bytes; `leader_id` 0 means it sees no leader.

    From 3.6: `storage_version` is the release that the data on disk fit, such as 3.6.0, and `downgrade_target` the
    release that the cluster goes down to, empty while no downgrade is on. Both are empty before 3.6.
    """

    cluster_id: int
    member_id: int
    version: str
    leader_id: int = 0
    raft_term: int = 0
    raft_index: int = 0
    raft_applied_index: int = 0
    revision: int = 0
    db_size: int = 0
    db_size_in_use: int = 0
    db_size_quota: int = 0
    storage_version: str = ""
    downgrade_target: str = ""
    is_learner: bool = False
    errors: tuple[str, ...] = ()


class OpenHealth(t.NamedTuple):
    """What a member tells of itself to anyone, without a login (etcd server/etcdserver/api/etcdhttp).

    `trouble` is etcd's own word for why it is not healthy, such as `RAFT NO LEADER`; `failed_checks` are those of
    /readyz, such as `non_learner`; `known_members` is how many members it knows, 0 where its release does not tell
    (before 3.6). `silence` says why it told nothing.
    """

    url: str
    version: str = ""
    cluster_version: str = ""
    storage_version: str = ""
    trouble: str = ""
    failed_checks: tuple[str, ...] = ()
    known_members: int = 0
    silence: str = ""


class OpenFigures(t.NamedTuple):
    """What a member tells without a login, and its status lacks. `quota` in bytes, 0 where it is not known;
    `feature_gates` are the names of those that are on, None before 3.6, which has none.
    """

    cluster_version: str = ""
    quota: int = 0
    feature_gates: tuple[str, ...] | None = None


class FeatureGates(t.NamedTuple):
    """The feature gates of one member that are on."""

    member_id: int
    enabled: tuple[str, ...]


class Alarm(t.NamedTuple):
    """An alarm that is on: `kind` is `NOSPACE` or `CORRUPT`, raised by the member `member_id`."""

    member_id: int
    kind: str


class Silence(t.NamedTuple):
    """Why a member's status is not known: the error code of the attempt and its words."""

    member_id: int
    code: str
    message: str


class Probe(t.NamedTuple):
    """What happened when a peer URL was tried out: `reason` is empty when it is `reachable`."""

    url: str
    reachable: bool
    reason: str = ""


@dataclass(frozen=True)
class Cluster:
    """What was observed of a cluster at one moment.

    `members` is the list as the quorum has it; `statuses` and `silences` hold one entry per member,
    in one of the two. `has_quorum` says whether the list was confirmed by a linearizable read.
    `live_learner_ids` are learners that were seen to follow a raft entry made after they were asked to.
    `foreign_cluster_ids` are ids of other clusters that the given endpoints answered for, `rival_leader_ids`
    the leaders that each proved a quorum of their own, `removed_ids` members that answer but are in the list no more.
    `cluster_version` is the release that the cluster as a whole behaves as, such as 3.6.0; it and `feature_gates` are
    empty where nobody asked for them.
    """

    cluster_id: int
    members: tuple[Member, ...]
    statuses: tuple[Status, ...] = ()
    silences: tuple[Silence, ...] = ()
    leader_id: int = 0
    has_quorum: bool = True
    alarms: tuple[Alarm, ...] = ()
    probes: tuple[Probe, ...] = ()
    foreign_cluster_ids: tuple[int, ...] = ()
    rival_leader_ids: tuple[int, ...] = ()
    live_learner_ids: tuple[int, ...] = ()
    removed_ids: tuple[int, ...] = ()
    authenticated: bool = False
    cluster_version: str = ""
    feature_gates: tuple[FeatureGates, ...] = ()

    @property
    def voters(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.is_voter)

    @property
    def learners(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.is_learner)

    @property
    def versions(self) -> tuple[str, ...]:
        """The releases that the cluster's own members answered with."""
        return tuple(status.version for status in self.statuses if status.cluster_id == self.cluster_id)

    @property
    def downgrade_target(self) -> str:
        """The release that the cluster goes down to, as any of its members says; empty while no downgrade is on."""
        return next((status.downgrade_target for status in self.statuses if status.downgrade_target), "")

    @property
    def leader(self) -> Member | None:
        return self.member(self.leader_id)

    def member(self, member_id: int) -> Member | None:
        return next((member for member in self.members if member.member_id == member_id), None)

    def status_of(self, member_id: int) -> Status | None:
        return next((status for status in self.statuses if status.member_id == member_id), None)

    def feature_gates_of(self, member_id: int) -> tuple[str, ...] | None:
        """None where they are not known."""
        return next((gates.enabled for gates in self.feature_gates if gates.member_id == member_id), None)

    def silence_of(self, member_id: int) -> Silence | None:
        return next((silence for silence in self.silences if silence.member_id == member_id), None)
