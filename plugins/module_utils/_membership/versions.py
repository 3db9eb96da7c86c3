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


def parse(text: str) -> Version | None:
    """`3.5.30` (also `3.5.30+git`, `v3.6.0-rc.1`) as numbers; None for what is no version."""
    match = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


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


def affected(rule: ReleaseRule, versions: t.Iterable[str]) -> tuple[str, ...]:
    """Those of the given version texts that the rule affects, each once, lowest first."""
    known = {version for version in (parse(text) for text in versions) if version is not None}
    return tuple(".".join(map(str, version)) for version in sorted(known) if rule.affects(version))
