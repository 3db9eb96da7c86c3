# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What stands before an upgrade, member by member: the checks of its release, of its files, and of its health.

Each check is asked about all members for the verdict, and about one after the other for the table that people see.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import gate, versions
from . import refusal as codes
from .check_table import IN_THE_WAY, PUT_RIGHT, Finding
from .hosts import Host, RaftFiles
from .model import Cluster, Member
from .refusal import CODES, Refusal
from .versions import Crossing, Minor, Version


@dataclass(frozen=True)
class Roll:
    """An upgrade as it is asked for. With `takes_snapshots`, what the new release cannot read in a log is put
    right before."""

    cluster: Cluster
    hosts: t.Sequence[Host]
    release: str
    target: Version
    takes_snapshots: bool = False

    @property
    def minor(self) -> Minor:
        return self.target[:2]

    @property
    def below(self) -> Minor:
        return self.target[0], self.target[1] - 1

    @property
    def crossing(self) -> Crossing:
        return versions.crossing_to(self.minor)

    def text_of(self, member: Member) -> str:
        """The release that the member answered with, as it is; empty where it did not."""
        status = self.cluster.status_of(member.member_id)
        return status.version if status else ""

    def version_of(self, member: Member) -> Version | None:
        return versions.parse(self.text_of(member))

    def runs_target(self, member: Member) -> bool:
        return versions.same_release(self.text_of(member), self.release)

    def crossers(self, members: t.Iterable[Member]) -> tuple[Member, ...]:
        """Those of the members that go to another minor release."""
        return tuple(member for member in members if (self.version_of(member) or self.target)[:2] != self.minor)

    def host_of(self, member: Member) -> Host | None:
        return next((host for host in self.hosts if host.data_dir.member_id == member.member_id), None)

    def raft_files_of(self, member: Member) -> RaftFiles:
        """What was read of the member's host; with a reason where nothing was."""
        host = self.host_of(member)
        return host.raft_files if host and host.raft_files else RaftFiles(reason="they were not read")

    def listed(self, members: t.Iterable[Member]) -> str:
        return ", ".join(sorted(self._words(member) for member in members))

    def _words(self, member: Member) -> str:
        return f"{member.label} ({self.text_of(member)})" if self.text_of(member) else member.label

    def refused(self, code: str, why: str, next_step: str, passing: bool = False) -> Refusal:
        return Refusal(code, f"cannot upgrade to {self.release}: {why}", next_step, passing=passing)


Judge = t.Callable[[Roll, t.Sequence[Member]], t.Optional[Refusal]]


@dataclass(frozen=True)
class Gate:
    """A check of members, and its words in the table, in which `{minor}` is the minor release that is gone to.

    One with `of_crossing` has a meaning only for members that go to another minor release, if that crossing has what it
    returns.
    """

    judge: Judge
    words: str
    of_crossing: t.Callable[[Crossing], object] | None = None

    def concerns(self, roll: Roll, members: t.Sequence[Member]) -> bool:
        if self.of_crossing is None:
            return True
        return bool(self.of_crossing(roll.crossing) and roll.crossers(members))


def goes_up_by_one_minor(roll: Roll, members: t.Sequence[Member]) -> Refusal | None:
    far = [member for member in members if _is_too_far(roll.version_of(member), roll.target)]
    if not far:
        return None
    oldest = min(filter(None, map(roll.version_of, far)))
    return roll.refused(
        codes.VERSION_UNSUPPORTED,
        f"{roll.listed(far)} would skip a minor release, and etcd goes up one at a time",
        f"Upgrade every member to the newest {oldest[0]}.{oldest[1] + 1} first.",
    )


def _is_too_far(version: Version | None, target: Version) -> bool:
    return version is not None and target[:2] not in (version[:2], (version[0], version[1] + 1))


def has_no_authentication(roll: Roll, members: t.Sequence[Member]) -> Refusal | None:
    before = roll.crossers(members)
    if not before or not roll.cluster.authenticated:
        return None
    return Refusal(
        codes.VERSION_UNSUPPORTED,
        f"cannot upgrade {roll.listed(before)} to {roll.release} while authentication is on: etcd 3.5 logs it "
        "in a form that members of 3.4 do not understand",
        "Switch authentication off (etcdctl auth disable), upgrade without a user, and switch it on again.",
    )


def is_new_enough(roll: Roll, members: t.Sequence[Member]) -> Refusal | None:
    early = [member for member in roll.crossers(members) if _rules_for(roll, member)]
    if not early:
        return None
    reasons = "; ".join(
        rule.summary for rule in roll.crossing.rules if any(rule in _rules_for(roll, member) for member in early)
    )
    return Refusal(
        codes.VERSION_BUG,
        f"cannot upgrade {roll.listed(early)} to {roll.release}: on these releases {reasons}",
        f"Upgrade every member to {roll.crossing.first} first, and then to {roll.release}.",
    )


def _rules_for(roll: Roll, member: Member) -> tuple[versions.ReleaseRule, ...]:
    version = roll.version_of(member)
    return tuple(rule for rule in roll.crossing.rules if version is not None and rule.affects(version))


def has_known_release(roll: Roll, members: t.Sequence[Member]) -> Refusal | None:
    unknown = [member for member in members if roll.version_of(member) is None]
    if not unknown:
        return None
    return Refusal(
        codes.VERSION_UNSUPPORTED,
        f"cannot tell which release {roll.listed(unknown)} is",
        "Check what answers at the client URLs.",
    )


def is_healthy(roll: Roll, members: t.Sequence[Member]) -> Refusal | None:
    return gate.all_run(roll.cluster, tuple(members))


def has_storage_version(roll: Roll, members: t.Sequence[Member]) -> Refusal | None:
    """Whether the members' data are of the minor release below. They are some seconds after the last member runs it.

    The storage version follows the cluster version (etcd 3.6.16 server/etcdserver/version/monitor.go
    UpdateStorageVersionIfNeeded), so this stands for both.
    """
    told = ((member, _storage_version(roll, member)) for member in members)
    late = [
        f"{member.label} ({storage or 'not told'})"
        for member, storage in told
        if versions.minor_of(storage) != roll.below
    ]
    if not late:
        return None
    wanted = versions.minor_words(roll.below)
    return roll.refused(
        codes.CLUSTER_UNSETTLED,
        f"the storage version of {', '.join(sorted(late))} is not {wanted} yet",
        f"It follows within seconds, once every member runs {wanted}. If it does not, look at the log of the leader.",
        passing=True,
    )


def _storage_version(roll: Roll, member: Member) -> str:
    status = roll.cluster.status_of(member.member_id)
    return status.storage_version if status else ""


def has_no_v2_keys(roll: Roll, members: t.Sequence[Member]) -> Refusal | None:
    crossers = roll.crossers(members)
    held = [(member, roll.raft_files_of(member).v2_keys) for member in crossers]
    listed = "; ".join(sorted(f"{member.label} ({', '.join(keys)})" for member, keys in held if keys))
    if not listed:
        return _unread(roll, crossers)
    return roll.refused(
        codes.V2_KEYS,
        f"with keys of etcd's version 2 it does not start, and there are some in the files of {listed}",
        "While every member runs 3.5: delete them with enable-v2: true (ETCDCTL_API=2 etcdctl rm --recursive), start "
        "each member without it and with snapshot-count: 1, write something a few times, and take this setting back.",
    )


def last_unreadable_index(crossing: Crossing, files: RaftFiles) -> int:
    """The index of the last entry after the newest snapshot at which the new release panics; 0 if there is none."""
    if crossing.v2_requests_panic:
        return files.last_v2_request_index
    return files.last_v2_read_index if crossing.v2_keys_panic else 0


def is_in_the_way(crossing: Crossing, files: RaftFiles) -> bool:
    """Whether a member with these files holds anything with which the new release does not start."""
    return bool(last_unreadable_index(crossing, files) or (crossing.v2_keys_panic and files.v2_keys))


def can_be_replayed(roll: Roll, members: t.Sequence[Member]) -> Refusal | None:
    """Whether the new release can read every entry that a member has to replay: those after its newest snapshot."""
    crossers = roll.crossers(members)
    held = ((member, roll.raft_files_of(member)) for member in crossers)
    indexes = ((member, last_unreadable_index(roll.crossing, files), files) for member, files in held)
    listed = ", ".join(
        sorted(
            f"{member.label} (entry {index}, snapshot {files.snapshot_index or 'none'})"
            for member, index, files in indexes
            if index
        )
    )
    if not listed:
        return _unread(roll, crossers)
    return roll.refused(
        codes.V2_REQUESTS_IN_LOG,
        f"it panics at {roll.crossing.unreadable}, and would find one after the newest snapshot of {listed}",
        "Let the upgrade take snapshots (etcd_cluster_upgrade_take_snapshots), or start each of these members once "
        "with snapshot-count: 1, and write something.",
    )


def _unread(roll: Roll, members: t.Iterable[Member]) -> Refusal | None:
    unread = {member.label: roll.raft_files_of(member).reason for member in members}
    listed = "; ".join(f"{label} ({reason})" for label, reason in sorted(unread.items()) if reason)
    if not listed:
        return None
    return roll.refused(
        codes.RAFT_FILES_UNREAD,
        f"it is not known whether it can start with the snapshots and the log of {listed}",
        "Let quorum.etcd.etcd_host_info read them on each host (raft_files: true), as root.",
    )


STEPWISE = Gate(goes_up_by_one_minor, "goes up by at most one minor release")
WITHOUT_AUTHENTICATION = Gate(
    has_no_authentication, "authentication is off", lambda crossing: crossing.without_authentication
)
NEW_ENOUGH = Gate(is_new_enough, "new enough for {minor}", lambda crossing: crossing.rules)
KNOWN_RELEASE = Gate(has_known_release, "tells its release")
HEALTHY = Gate(is_healthy, "is a healthy voter")
STORAGE_VERSION = Gate(
    has_storage_version, "storage version is {below}", lambda crossing: crossing.needs_storage_version
)
NO_V2_KEYS = Gate(has_no_v2_keys, "has no keys of version 2", lambda crossing: crossing.v2_keys_panic)
REPLAYABLE = Gate(can_be_replayed, "{minor} can read its log", lambda crossing: crossing.unreadable)
GATES = (STEPWISE, WITHOUT_AUTHENTICATION, NEW_ENOUGH, KNOWN_RELEASE, HEALTHY, STORAGE_VERSION, NO_V2_KEYS, REPLAYABLE)


def passed(roll: Roll, gate_: Gate, members: t.Sequence[Member]) -> Refusal | None:
    """The refusal of a gate, if it has a meaning for these members. What is put right by the run is none."""
    found = gate_.judge(roll, members) if gate_.concerns(roll, members) else None
    return None if found and _is_put_right(roll, found) else found


def _is_put_right(roll: Roll, found: Refusal) -> bool:
    return roll.takes_snapshots and found.code == codes.V2_REQUESTS_IN_LOG


def findings(roll: Roll, members: t.Sequence[Member], accept: t.Container[str]) -> tuple[Finding, ...]:
    """What every gate that has a meaning says of each member, in the order of the members."""
    return tuple(
        _finding(roll, gate_, member, accept)
        for member in members
        for gate_ in GATES
        if gate_.concerns(roll, (member,))
    )


def _finding(roll: Roll, gate_: Gate, member: Member, accept: t.Container[str]) -> Finding:
    words = gate_.words.format(minor=versions.minor_words(roll.minor), below=versions.minor_words(roll.below))
    found = gate_.judge(roll, (member,))
    if found and _is_put_right(roll, found):
        return Finding(member.label, words, PUT_RIGHT, found.code)
    return finding_of(member.label, words, found, accept)


def finding_of(host: str, words: str, found: Refusal | None, accept: t.Container[str]) -> Finding:
    if found is None or (found.code in accept and CODES[found.code].acceptable):
        return Finding(host, words)
    return Finding(host, words, IN_THE_WAY, found.code)


@dataclass(frozen=True)
class DueSnapshot:
    """A member that has to take a snapshot, the index of the last entry that it has to hold, and the snapshot-count of
    one start that makes it do so.

    etcd takes one as soon as more than `snapshot_count` entries were applied since the last (3.5.34
    server/etcdserver/server.go triggerSnapshot, 3.6.16 shouldSnapshotToDisk), and each start adds at least one entry
    (publishV3). So one that is at most the distance from the entry to the end of the log always gives a snapshot behind
    the entry, and under load no more of them than needed.
    """

    member: Member
    entry: int
    snapshot_count: int


def due_snapshots(roll: Roll, members: t.Sequence[Member]) -> tuple[DueSnapshot, ...]:
    """Empty where nothing is put right, since what stands in the way was refused."""
    held = ((member, roll.raft_files_of(member)) for member in roll.crossers(members))
    indexes = ((member, last_unreadable_index(roll.crossing, files), files.last_index) for member, files in held)
    return tuple(DueSnapshot(member, index, max(1, last - index)) for member, index, last in indexes if index)
