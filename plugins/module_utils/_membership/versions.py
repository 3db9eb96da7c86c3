# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What each etcd release can and cannot do, as far as membership depends on it."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

Version = t.Tuple[int, int, int]


Minor = t.Tuple[int, int]

# etcd's own pre-releases. What else follows the numbers names who built it: 3.5.21+vendor, 3.5.9-eks.
_PRE_RELEASE = re.compile(r"v?\d+\.\d+\.\d+-(alpha|beta|rc|pre)\b")


def parse(text: str) -> Version | None:
    """`3.5.30` (also `3.5.30+git`, `v3.6.0-rc.1`) as numbers; None for what is no version."""
    match = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def minor_of(text: str) -> Minor | None:
    version = parse(text)
    return version[:2] if version else None


def is_pre_release(text: str) -> bool:
    """Whether this was published before the release whose numbers it has, as 3.6.0-rc.1 before 3.6.0."""
    return _PRE_RELEASE.match(text) is not None


def same_release(text: str, release: str) -> bool:
    """Whether what says `text` is that release, whoever built it: `3.5.21+vendor` is 3.5.21. A pre-release is not the
    release whose numbers it has, nor another pre-release.
    """
    if is_pre_release(text) or is_pre_release(release):
        return text == release
    version = parse(text)
    return version is not None and version == parse(release)


def plain(text: str) -> str:
    """The release by its numbers, as it is asked for: `3.5.21` of `3.5.21+vendor`; what is no version, as it is."""
    version = parse(text)
    return ".".join(map(str, version)) if version else text


def minor_words(minor: Minor) -> str:
    return f"{minor[0]}.{minor[1]}"


@dataclass(frozen=True)
class ReleaseRule:
    """Something that releases before a fix do otherwise.

    `fixed` maps a minor release to the first patch release with the fix (None: that minor never got it). Minors below
    the lowest listed one never got it either; minors above the highest have had it from the start. `since` is the
    first release that is affected at all.
    """

    summary: str
    fixed: t.Mapping[tuple[int, int], int | None]
    since: Version = (0, 0, 0)

    def affects(self, version: Version) -> bool:
        if version < self.since:
            return False
        minor = version[:2]
        if minor in self.fixed:
            patch = self.fixed[minor]
            return patch is None or version[2] < patch
        return minor < min(self.fixed)

    @property
    def fixed_releases(self) -> str:
        """For messages: `3.5.30 and 3.6.11`."""
        return " and ".join(
            f"{minor[0]}.{minor[1]}.{patch}" for minor, patch in sorted(self.fixed.items()) if patch is not None
        )


# etcd 3.4 CHANGELOG: learners came with 3.4.0; an older server ignores `isLearner` and adds a voter.
LEARNERS_UNKNOWN = ReleaseRule("learners are not known and a voter would be added instead", {(3, 4): 0})

# server/etcdserver/server.go mayAddMember: isConnectedFullySince, later isConnectedToQuorumAfterAddingNewMemberSince
# (PR 21641, 21667, 21669).
ADD_NEEDS_EVERY_VOTER = ReleaseRule(
    "no member can be added while any voter is down", {(3, 4): None, (3, 5): 30, (3, 6): 11}
)

# etcd issue 21694 (PR 21736, 21737): MemberUpdate of a learner stores it as a voter, while raft keeps the learner.
UPDATE_TURNS_LEARNER_INTO_VOTER = ReleaseRule(
    "updating a learner turns its record into a voter that can never be promoted",
    {(3, 4): None, (3, 5): 31, (3, 6): 12},
)

# etcd issue 19557: a promotion is not written to the v3 store, which breaks the later upgrade to 3.6.
PROMOTION_NOT_STORED = ReleaseRule(
    "a promotion is not stored in the v3 store, which breaks the later upgrade to 3.6", {(3, 5): 20}, since=(3, 5, 1)
)

# server/etcdserver/server.go PromoteMember: forwarding to the leader drops the credentials (fixed in 3.5.28, 3.6.6).
PROMOTE_NEEDS_LEADER_WITH_AUTH = ReleaseRule(
    "a promotion sent to a follower fails while authentication is on", {(3, 4): None, (3, 5): 28, (3, 6): 6}
)

# etcd issues 20793 and 19557: followers that got a snapshot keep a promoted member as a learner (fixed in 3.5.24).
PROMOTION_LOST_IN_SNAPSHOT = ReleaseRule(
    "a promotion is lost to members that got a snapshot, which breaks the later upgrade to 3.6",
    {(3, 5): 24},
    since=(3, 5, 0),
)

# etcd.io/blog, "upgrade from 3.5 to 3.6": the v3 store may still hold members that were removed; 3.6 brings them back.
ZOMBIE_MEMBERS = ReleaseRule(
    "members that were removed may come back with the upgrade to 3.6", {(3, 5): 26}, since=(3, 5, 0)
)

# etcd.io/docs/v3.7/upgrades/upgrade_3_7: earlier patch releases may not be compatible with a rolling upgrade.
NOT_BESIDE_3_7 = ReleaseRule(
    "members may not work with members of 3.7 during a rolling upgrade", {(3, 6): 11}, since=(3, 6, 0)
)

# etcd issue 13766 (upstream's postmortem v3.5-data-inconsistency).
DATA_DIFFER_AFTER_CRASH = ReleaseRule(
    "the data of a member that crashed under load may differ from that of the others", {(3, 5): 3}, since=(3, 5, 0)
)

# etcd issue 14685.
REVISION_DIFFERS_AFTER_DEFRAG = ReleaseRule(
    "the revision of a member that crashed during a defragmentation may differ from that of the others",
    {(3, 5): 6},
    since=(3, 5, 0),
)

# etcd issues 14355 and 14571; upstream's minimum for production is 3.4.22 and 3.5.6.
AUTH_NOT_IN_SNAPSHOT = ReleaseRule(
    "the data of a member that gets a snapshot may differ from that of the others while authentication is on",
    {(3, 4): 22, (3, 5): 6},
    since=(3, 4, 0),
)


# etcd issue 20340: a member that replays the promotion of a learner panics at its start; 3.6.4 has the fix.
PANICS_AT_PROMOTIONS = ReleaseRule(
    "a member may panic when it starts and replays the promotion of a learner", {(3, 6): 4}, since=(3, 6, 0)
)

# Security advisories GHSA-6vch and GHSA-xg4h of etcd-io/etcd.
OPEN_TO_ATTACKS = ReleaseRule("there are the security holes GHSA-6vch and GHSA-xg4h", {(3, 7): 1}, since=(3, 7, 0))

# etcd PR 20650, 20653 and 20659: a snapshot is sent while the database is defragmented.
SNAPSHOT_MEETS_DEFRAG = ReleaseRule(
    "the data of a member that gets a snapshot while the sender is defragmented may be corrupt",
    {(3, 4): 38, (3, 5): 23, (3, 6): 5},
    since=(3, 4, 0),
)

# etcd PR 22171 and 22201, server/storage/wal/wal.go LatestSnapshotEntry.
LOOKS_AT_OLD_SNAPSHOT = ReleaseRule(
    "a member may look for entries of 3.7 in a part of its log that is behind it, and not lower its storage version",
    {(3, 7): 2},
    since=(3, 7, 0),
)

# server/embed/serve.go of 3.5.7: the goroutine that serves calls without TLS may read the variable `gs` only after it
# was set anew, to the server for TLS. Seen with 3.4.23.
MAY_SERVE_TLS_ALONE = ReleaseRule(
    "a member that serves http and https at one address may refuse every client that does not use TLS",
    {(3, 4): None, (3, 5): 8},
)

UNSOUND = (
    DATA_DIFFER_AFTER_CRASH,
    REVISION_DIFFERS_AFTER_DEFRAG,
    AUTH_NOT_IN_SNAPSHOT,
    PANICS_AT_PROMOTIONS,
    OPEN_TO_ATTACKS,
)
"""What is wrong with a release for good: nobody should go to it."""


class Advice(t.NamedTuple):
    """The oldest release of a minor that is advised, and what the ones before it lack."""

    release: str
    reason: str


ADVISED: t.Mapping[Minor, Advice] = {
    # etcd issues 19557 and 20793; etcd.io/blog, "upgrade from 3.5 to 3.6", asks for 3.5.32.
    (3, 5): Advice("3.5.33", "before it, members that come and go may be in the way of 3.6"),
    # etcd issue 21694 (PR 21736, 21737).
    (3, 6): Advice("3.6.12", "before it, updating a learner can turn its record into a voter"),
    # etcd PR 22201.
    (3, 7): Advice("3.7.2", "before it, the way back to 3.6 is less safe"),
}
"""What to go to rather than to an older release of the same minor."""


@dataclass(frozen=True)
class Crossing:
    """What has to hold before a member goes to a minor release from the one below.

    `rules` are what the running release must not be affected by, `first` the release to go to before. With
    `without_authentication`, it must be off. With `v2_keys_panic` the new release does not start with keys of etcd's
    version 2, nor with reads of version 2 in its log; with `v2_requests_panic` not with any request of version 2 in its
    log. With `needs_storage_version`, every
    member's data have to be of the minor below.
    """

    rules: tuple[ReleaseRule, ...] = ()
    first: str = ""
    without_authentication: bool = False
    v2_keys_panic: bool = False
    v2_requests_panic: bool = False
    needs_storage_version: bool = False

    @property
    def unreadable(self) -> str:
        """At what in a log the new release panics; empty where it can read all that the one below has written."""
        if self.v2_requests_panic:
            return "entries of the form of 3.5"
        return "requests of etcd's version 2" if self.v2_keys_panic else ""


CROSSINGS: t.Mapping[Minor, Crossing] = {
    # etcd.io/docs/v3.4/upgrades/upgrade_3_4
    (3, 4): Crossing(),
    # etcd.io/docs/v3.5/upgrades/upgrade_3_5: 3.5 changed how authentication is written to the log (PR 11943).
    (3, 5): Crossing(without_authentication=True),
    # etcd.io/docs/v3.6/upgrades/upgrade_3_6; 3.6.16 server/etcdserver/apply_v2.go: "detected disallowed v2 WAL", and
    # server/storage/util.go: "detected disallowed custom content in v2store".
    (3, 6): Crossing((PROMOTION_NOT_STORED, PROMOTION_LOST_IN_SNAPSHOT, ZOMBIE_MEMBERS), "3.5.32", v2_keys_panic=True),
    # etcd.io/docs/v3.7/upgrades/upgrade_3_7; PR 21263 removed apply_v2.go, so 3.7.3
    # server/etcdserver/apply/apply.go panics (MustUnmarshalMessage); 3.6.16 server/etcdserver/version/monitor.go
    # UpdateStorageVersionIfNeeded.
    (3, 7): Crossing((NOT_BESIDE_3_7,), "3.6.11", v2_requests_panic=True, needs_storage_version=True),
}
"""By the minor release that is gone to."""

UNTESTED_CROSSING = Crossing(needs_storage_version=True)
"""To a minor release that is not known here: what 3.7 asked for, since storage has a version, and a warning."""

NEWEST_TESTED: Minor = max(CROSSINGS)


def crossing_to(minor: Minor) -> Crossing:
    if minor > NEWEST_TESTED:
        return UNTESTED_CROSSING
    return CROSSINGS.get(minor, Crossing())


def oldest_minor(texts: t.Iterable[str]) -> Minor | None:
    """The lowest minor release among version texts; None if there is no version among them."""
    return min((minor for minor in map(minor_of, texts) if minor is not None), default=None)


def untested(versions: t.Iterable[str]) -> tuple[str, ...]:
    """Those of the given version texts whose minor release is newer than what this collection was tested with."""
    known = {text: version for text, version in ((text, parse(text)) for text in versions) if version is not None}
    return tuple(
        text for text in sorted(known, key=lambda text: (known[text], text)) if known[text][:2] > NEWEST_TESTED
    )


def affected(rule: ReleaseRule, versions: t.Iterable[str]) -> tuple[str, ...]:
    """Those of the given version texts that the rule affects, each once and as it is, lowest first."""
    known = {text: version for text, version in ((text, parse(text)) for text in versions) if version is not None}
    return tuple(text for text in sorted(known, key=lambda text: (known[text], text)) if rule.affects(known[text]))
