# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""A rolling upgrade: which members are upgraded, in which order, and when it is refused.

Decided from the releases that the members answer with. Members that run the release already are left alone, so the
next run completes an interrupted upgrade.

Etcd's own rules are those of https://etcd.io/docs/v3.6/upgrades/: within a minor release, or to the next one; never
back; only while all members are healthy.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from . import checks, gate, rolling, upgrade_gates, versions
from . import refusal as codes
from .check_table import Finding
from .deployment import TAKE_SNAPSHOT, Deployment, Verdict
from .hosts import Host
from .model import Cluster, Member
from .move import Move
from .plan_warnings import promotion_warnings, untested_warnings
from .preconditions import can_be_changed
from .refusal import Check, Refusal, judge
from .steps import Step
from .upgrade_gates import Roll

# What the hosts do, besides the moves of `deployment`.
UPGRADE = "upgrade"

_RELEASE = re.compile(r"\d+\.\d+\.\d+")


def upgrade(
    cluster: Cluster | None,
    hosts: t.Sequence[Host],
    release: str,
    accept: t.Container[str] = (),
    takes_snapshots: bool = False,
) -> Verdict:
    """The moves after which every member runs `release`, such as 3.5.16: one for each that does not, the leader last.

    `accept` holds refusal codes to override: `version_bug`, and `would_lose_quorum` for a cluster of two. With
    `takes_snapshots`, members that could not start with 3.7 take a snapshot before.
    """
    target = versions.parse(release) if _RELEASE.fullmatch(release) else None
    if target is None:
        return Refusal(
            codes.VERSION_UNSUPPORTED,
            f"{release!r} is not a release of etcd",
            "Give all three numbers, for example 3.5.30.",
        )
    if cluster is None:
        return Refusal(
            codes.NO_QUORUM,
            f"cannot upgrade to {release}: no member answers, so the present release is unknown",
            "Start the members first (quorum.etcd.deploy).",
        )
    return _Upgrade(Roll(cluster, hosts, release, target, takes_snapshots)).verdict(accept)


@dataclass(frozen=True)
class _Upgrade:
    roll: Roll

    def verdict(self, accept: t.Container[str]) -> Verdict:
        roll = self.roll
        refusal = can_be_changed(roll.cluster) or self._goes_down()
        if refusal:
            return refusal
        due = self._due()
        if not due:
            return Deployment(release=roll.release)
        found = self._findings(due, accept)
        warnings = judge(self._checks(due), accept)
        if isinstance(warnings, Refusal):
            return warnings._replace(findings=found)
        snapshots = upgrade_gates.due_snapshots(roll, due)
        return Deployment(
            moves=(
                *(_move(TAKE_SNAPSHOT, one.member) for one in snapshots),
                *(_move(UPGRADE, member) for member in due),
            ),
            release=roll.release,
            warnings=(*warnings, *promotion_warnings((roll.release,)), *self._advice(due)),
            snapshots=snapshots,
            findings=found,
        )

    def _due(self) -> tuple[Member, ...]:
        """Who does not run the release, or does not say so; the leader last."""
        cluster = self.roll.cluster
        return rolling.leader_last(cluster, (member for member in cluster.members if not self.roll.runs_target(member)))

    def _checks(self, due: tuple[Member, ...]) -> tuple[Check, ...]:
        """What no waiting changes comes first; what the hosts' files say comes last, since they have to be the members'
        own.
        """
        cluster, roll = self.roll.cluster, self.roll
        step = Step(UPGRADE, due[0].member_id, due[0].name)
        return (
            lambda: checks.no_downgrade(cluster, step),
            lambda: upgrade_gates.passed(roll, upgrade_gates.STEPWISE, due),
            lambda: upgrade_gates.passed(roll, upgrade_gates.WITHOUT_AUTHENTICATION, due),
            lambda: upgrade_gates.passed(roll, upgrade_gates.NEW_ENOUGH, due),
            self._is_unsound,
            lambda: checks.nothing_pending(cluster, step, None),
            lambda: next(filter(None, (gate.may_stop(cluster, member) for member in due)), None),
            lambda: gate.all_run(cluster, cluster.members),
            lambda: upgrade_gates.passed(roll, upgrade_gates.KNOWN_RELEASE, due),
            lambda: rolling.another_group(cluster, roll.hosts, due, f"upgrade to {roll.release}"),
            lambda: upgrade_gates.passed(roll, upgrade_gates.NO_V2_KEYS, due),
            # Of every member, as soon as one of them crosses.
            lambda: upgrade_gates.passed(roll, upgrade_gates.STORAGE_VERSION, cluster.members),
            lambda: upgrade_gates.passed(roll, upgrade_gates.REPLAYABLE, due),
        )

    def _findings(self, due: tuple[Member, ...], accept: t.Container[str]) -> tuple[Finding, ...]:
        """What was checked of the cluster, and of each member that is due, for people."""
        cluster, roll = self.roll.cluster, self.roll
        step = Step(UPGRADE, due[0].member_id, due[0].name)
        of_the_cluster: tuple[tuple[str, Check], ...] = (
            ("no downgrade is on", lambda: checks.no_downgrade(cluster, step)),
            (f"{roll.release} is a sound release", self._is_unsound),
            ("no member is joining", lambda: checks.nothing_pending(cluster, step, None)),
            (
                "its members are those of the group",
                lambda: rolling.another_group(cluster, roll.hosts, due, f"upgrade to {roll.release}"),
            ),
        )
        return (
            *(upgrade_gates.finding_of("", words, check(), accept) for words, check in of_the_cluster),
            *upgrade_gates.findings(roll, due, accept),
        )

    # Releases

    def _goes_down(self) -> Refusal | None:
        roll = self.roll
        higher = [member for member in roll.cluster.members if (roll.version_of(member) or roll.target) > roll.target]
        if not higher:
            return None
        return roll.refused(
            codes.VERSION_UNSUPPORTED,
            f"{roll.listed(higher)} would go down to an older release",
            "Give a release at least as new as that of every member. The way back is quorum.etcd.downgrade, see "
            "docs/guide-downgrade.md.",
        )

    def _is_unsound(self) -> Refusal | None:
        roll = self.roll
        broken = [rule for rule in versions.UNSOUND if rule.affects(roll.target)]
        if not broken:
            return None
        fixed = max(rule.fixed[roll.minor] or 0 for rule in broken)
        return roll.refused(
            codes.VERSION_BUG,
            f"on this release {'; '.join(rule.summary for rule in broken)}",
            f"Upgrade to {versions.minor_words(roll.minor)}.{fixed} or newer.",
        )

    def _advice(self, due: tuple[Member, ...]) -> tuple[str, ...]:
        return (*self._advice_on_the_present(due), *self._advice_on_the_target())

    def _advice_on_the_present(self, due: tuple[Member, ...]) -> tuple[str, ...]:
        roll = self.roll
        first = versions.parse(roll.crossing.first)
        early = [member for member in roll.crossers(due) if first and (roll.version_of(member) or first) < first]
        if not early:
            return ()
        return (f"etcd advises upgrading to {roll.crossing.first} before {roll.release}: {roll.listed(early)}.",)

    def _advice_on_the_target(self) -> tuple[str, ...]:
        roll = self.roll
        better = versions.ADVISED.get(roll.minor)
        advised = (
            (f"Rather go to {better.release} or newer than to {roll.release}: {better.reason}.",)
            if better and roll.target < (versions.parse(better.release) or roll.target)
            else ()
        )
        return (*advised, *untested_warnings((roll.release,)))


def _move(action: str, member: Member) -> Move:
    return Move(action, member.member_id, member.name, member.peer_urls)
