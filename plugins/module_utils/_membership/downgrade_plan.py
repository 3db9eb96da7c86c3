# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The plan of a downgrade: the moves after which every member runs an older release."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from . import gate, rolling, versions
from . import refusal as codes
from .deployment import Deployment, Verdict
from .downgrade import not_a_target
from .downgrade_checks import Way, runs, version_of, would_go_up
from .hosts import Host
from .model import Cluster, Member
from .move import DOWNGRADE, Move
from .plan_warnings import promotion_warnings
from .preconditions import can_be_changed
from .refusal import Check, Refusal, judge
from .steps import ENABLE_DOWNGRADE
from .storage import is_lowered
from .versions import Minor, Version, minor_words

_RELEASE = re.compile(r"\d+\.\d+\.\d+")
# Of the codes that a user may accept, those that a downgrade can live with.
_ACCEPTABLE = (codes.VERSION_BUG, codes.WOULD_LOSE_QUORUM)


def downgrade(cluster: Cluster | None, hosts: t.Sequence[Host], release: str, accept: t.Container[str] = ()) -> Verdict:
    """The moves after which every member runs `release`, such as 3.6.16: the downgrade is enabled, unless it is, then
    each member that does not run the release, the leader last.

    `accept` holds refusal codes to override: `version_bug`, and `would_lose_quorum` for a cluster of two.
    """
    target = versions.parse(release) if _RELEASE.fullmatch(release) else None
    if target is None:
        return not_a_target(release)
    if cluster is None:
        return Refusal(
            codes.NO_QUORUM,
            f"cannot downgrade to {release}: no member answers, so the present release is unknown",
            "Start the members first (quorum.etcd.deploy).",
        )
    return _Roll(cluster, hosts, release, target).verdict(accept)


@dataclass(frozen=True)
class _Roll:
    cluster: Cluster
    hosts: t.Sequence[Host]
    release: str
    target: Version

    @property
    def minor(self) -> Minor:
        return self.target[:2]

    def verdict(self, accept: t.Container[str]) -> Verdict:
        way = Way(self.cluster, self.minor, self.release)
        due = self._due()
        refusal = can_be_changed(self.cluster) or _first((self._goes_up, *way.releases()))
        if refusal:
            return refusal
        if not due:
            return Deployment(release=self.release)
        warnings = judge(
            (self._is_unsound, *way.members(), *self._of_the_hosts(due)),
            [code for code in _ACCEPTABLE if code in accept],
        )
        if isinstance(warnings, Refusal):
            return warnings
        steps = tuple(Move(DOWNGRADE, member.member_id, member.name, member.peer_urls) for member in due)
        return Deployment(
            moves=(*self._enabling(), *steps),
            release=self.release,
            warnings=(*warnings, *promotion_warnings((self.release,)), *self._advice()),
        )

    def _due(self) -> tuple[Member, ...]:
        others = [member for member in self.cluster.members if not runs(self.cluster, member, self.release)]
        return rolling.leader_last(self.cluster, others)

    def _enabling(self) -> tuple[Move, ...]:
        """Not where nobody goes to another minor release, and not a second time."""
        if is_lowered(self.cluster, self.minor):
            return ()
        return (Move(ENABLE_DOWNGRADE),)

    def _goes_up(self) -> Refusal | None:
        older = [
            member for member in self.cluster.members if (version_of(self.cluster, member) or self.target) < self.target
        ]
        return would_go_up(self.cluster, older, self.release) if older else None

    def _is_unsound(self) -> Refusal | None:
        broken = [rule for rule in versions.UNSOUND if rule.affects(self.target)]
        if not broken:
            return None
        fixed = max(rule.fixed[self.minor] or 0 for rule in broken)
        return Refusal(
            codes.VERSION_BUG,
            f"cannot downgrade to {self.release}: on this release {'; '.join(rule.summary for rule in broken)}",
            f"Downgrade to {minor_words(self.minor)}.{fixed} or newer.",
        )

    def _advice(self) -> tuple[str, ...]:
        old = versions.affected(versions.LOOKS_AT_OLD_SNAPSHOT, self.cluster.versions) if self._enabling() else ()
        if not old:
            return ()
        words = f"On etcd {', '.join(old)} {versions.LOOKS_AT_OLD_SNAPSHOT.summary} (etcd PR 22201)"
        return (f"{words}; if it does not, upgrade to {versions.LOOKS_AT_OLD_SNAPSHOT.fixed_releases} first.",)

    def _of_the_hosts(self, due: tuple[Member, ...]) -> tuple[Check, ...]:
        return (
            lambda: next(filter(None, (gate.may_stop(self.cluster, member) for member in due)), None),
            lambda: rolling.another_group(self.cluster, self.hosts, due, f"downgrade to {self.release}"),
        )


def _first(checks: t.Iterable[Check]) -> Refusal | None:
    return next((refusal for refusal in (check() for check in checks) if refusal), None)
