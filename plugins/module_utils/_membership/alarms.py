# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""When an alarm may be disarmed: NOSPACE once there is space, CORRUPT once it is known whose data are right.

An alarm is all that keeps a full database from growing on, and wrong data from being served. etcd disarms it for anyone
who asks (server/etcdserver/apply), so the proof has to come first.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from . import refusal as codes
from .defragmentation import all_can_carry_on, is_defragmented, no_bug, steps_for
from .model import CORRUPT, NOSPACE, Alarm, Cluster, Member, Status, hex_id
from .plan import Plan, Verdict
from .preconditions import can_be_changed
from .quorum import alarms_of, has_alarm, quorum_of
from .refusal import Refusal, judge
from .steps import COMPACT, DISARM_CORRUPT, DISARM_NOSPACE, Step

# Every member has to be below this share of its quota: above it the alarm would soon be back.
PER_CENT_OF_QUOTA = 90

_DISARM: t.Mapping[str, str] = {NOSPACE: DISARM_NOSPACE, CORRUPT: DISARM_CORRUPT}
KIND_OF: t.Mapping[str, str] = {action: kind for kind, action in _DISARM.items()}


class Hash(t.NamedTuple):
    """The hash of a member's keyspace at a revision that all members have, compacted up to `compact_revision`."""

    member_id: int
    hash: int
    compact_revision: int


class Allowed(t.NamedTuple):
    """What may be done for an alarm's sake: `compact` drops the history of keys, `accept` holds refusal codes."""

    compact: bool = False
    accept: t.Container[str] = ()


def plan_disarming(
    cluster: Cluster, allowed: Allowed, hashes: t.Sequence[Hash] = (), done: t.Sequence[Step] = ()
) -> Verdict:
    """What has to be done before the alarms that are on can be disarmed, and their disarming. `hashes` are needed where
    CORRUPT is among them; `done` are the steps that this run has made.
    """
    refusal = can_be_changed(cluster)
    alarms = alarms_of(cluster)
    if refusal or not alarms:
        return refusal or Plan()
    corrupt = judge((lambda: _corrupt(cluster, hashes),), allowed.accept)
    if isinstance(corrupt, Refusal):
        return corrupt
    space = _freeing(cluster, allowed, done) if has_alarm(cluster, NOSPACE) else Plan()
    if isinstance(space, Refusal):
        return space
    disarming = tuple(_disarming(cluster, alarm) for alarm in alarms)
    still_on = [step for step in disarming if step in done]
    if still_on:
        return _not_gone(cluster, still_on[0])
    return Plan((*space.steps, *disarming), warnings=(*corrupt, *space.warnings))


# -- CORRUPT -----------------------------------------------------------------------------------------------------------


def _corrupt(cluster: Cluster, hashes: t.Sequence[Hash]) -> Refusal | None:
    if not has_alarm(cluster, CORRUPT):
        return None
    undecided = _not_comparable(cluster, hashes)
    if undecided:
        return _undecided(cluster, undecided)
    by_hash = Counter(one.hash for one in hashes)
    hash_, count = by_hash.most_common(1)[0]
    if count == len(hashes):
        return _passed(cluster, hash_, count)
    if 2 * count <= len(hashes):
        shares = ", ".join(f"{_label(cluster, one.member_id)} has {one.hash}" for one in hashes)
        return _undecided(cluster, f"no hash is that of more than half of the {len(hashes)} voters: {shares}")
    wrong = [_label(cluster, one.member_id) for one in hashes if one.hash != hash_]
    names = " and ".join(wrong)
    return Refusal(
        codes.MEMBER_CORRUPT,
        f"cannot disarm CORRUPT: {names} has another keyspace than the others; {count} of {len(hashes)} voters have "
        f"the hash {hash_}",
        f"Replace {names} (the playbook quorum.etcd.replace, or remove it and join it again with an empty data "
        "directory), then run this again.",
        before=quorum_of(cluster),
    )


def _not_comparable(cluster: Cluster, hashes: t.Sequence[Hash]) -> str:
    if len(hashes) < max(len(cluster.voters), 2):
        return (
            f"{len(hashes)} of {len(cluster.voters)} voters gave the hash of their keyspace, and all of at least 2 are "
            "needed"
        )
    if len({one.compact_revision for one in hashes}) > 1:
        revisions = ", ".join(f"{_label(cluster, one.member_id)} up to {one.compact_revision}" for one in hashes)
        return f"the hashes cover different histories, as the members are compacted at different revisions: {revisions}"
    return ""


def _passed(cluster: Cluster, hash_: int, count: int) -> Refusal:
    return Refusal(
        codes.CORRUPTION_PASSED,
        f"CORRUPT was raised, and now all {count} of {len(cluster.voters)} voters have the same keyspace (hash "
        f"{hash_})",
        "Find out which member was replaced or restored since, and whether its wrong data have been read. Then disarm "
        "the alarm with accept: [corruption_passed].",
        before=quorum_of(cluster),
    )


def _undecided(cluster: Cluster, why: str) -> Refusal:
    return Refusal(
        codes.CORRUPTION_UNDECIDED,
        f"cannot disarm CORRUPT: nothing proves whose data are right: {why}",
        "Bring every voter back and run this again. If it stays, restore a snapshot from before the alarm.",
        before=quorum_of(cluster),
    )


# -- NOSPACE -----------------------------------------------------------------------------------------------------------


def _freeing(cluster: Cluster, allowed: Allowed, done: t.Sequence[Step]) -> Verdict:
    """The steps after which every member is below the limit; none where they are. A Refusal where no step leads there
    any more.
    """
    compaction = Step(COMPACT)
    over = [member for member in cluster.members if is_over(cluster, member)]
    is_to_compact = allowed.compact and bool(over) and compaction not in done
    found = judge(
        (
            lambda: all_can_carry_on(cluster),
            lambda: _unknown_quota(cluster),
            lambda: _not_freed(cluster, over, allowed, is_to_compact, done),
        ),
        allowed.accept,
    )
    if isinstance(found, Refusal):
        return found
    steps = steps_for(cluster, [member for member in over if member.is_voter and not is_defragmented(member, done)])
    bug = judge((lambda: no_bug(cluster) if steps else None,), allowed.accept)
    if isinstance(bug, Refusal):
        return bug
    return Plan((*((compaction,) if is_to_compact else ()), *steps), warnings=(*found, *bug))


def is_over(cluster: Cluster, member: Member) -> bool:
    """Whether a member's database takes more of its quota than it may for the alarm to be disarmed."""
    status = cluster.status_of(member.member_id)
    return status is not None and status.db_size_quota > 0 and not _fits(status, status.db_size)


def _fits(status: Status, size: int) -> bool:
    return 100 * size < PER_CENT_OF_QUOTA * status.db_size_quota


def _unknown_quota(cluster: Cluster) -> Refusal | None:
    unknown = [
        member.label
        for member in cluster.members
        for status in (cluster.status_of(member.member_id),)
        if status is not None and status.db_size_quota <= 0
    ]
    if not unknown:
        return None
    return Refusal(
        codes.QUOTA_UNKNOWN,
        f"cannot prove that there is space: the quota of {' and '.join(unknown)} is not known. Before 3.6 only the "
        "page /metrics tells it",
        "Let /metrics be read at the client URL, or compare the sizes with --quota-backend-bytes yourself, and then "
        "accept: [quota_unknown].",
        before=quorum_of(cluster),
    )


def _not_freed(
    cluster: Cluster, over: t.Sequence[Member], allowed: Allowed, is_to_compact: bool, done: t.Sequence[Step]
) -> Refusal | None:
    """Whether a defragmentation that is still to come cannot bring a member below the limit, or one that was made did
    not.

    What a compaction has freed shows in the use only after a further write (bbolt releases pages with the next
    transaction), which NOSPACE forbids. So after one a defragmentation has to show it.
    """
    is_stale = is_to_compact or Step(COMPACT) in done
    learners = [member for member in over if member.is_learner]
    full = [member for member in over if is_defragmented(member, done) or not (is_stale or _would_fit(cluster, member))]
    if not learners and not full:
        return None
    words = "; ".join(use_words(cluster, member) for member in learners or full)
    ways = [] if allowed.compact else ["let the history be dropped (compact: true)"]
    ways += ["delete keys and compact", "raise --quota-backend-bytes and restart the members"]
    next_step = (
        f"{learners[0].label} is a learner, which etcd does not defragment. Promote it or remove it"
        if learners
        else f"The alarm stays on. {', or '.join(ways).capitalize()}"
    )
    return Refusal(
        codes.SPACE_NOT_FREED,
        f"cannot disarm NOSPACE: every member has to be below {PER_CENT_OF_QUOTA} per cent of its quota: {words}",
        f"{next_step}; then run this again.",
        before=quorum_of(cluster),
    )


def _would_fit(cluster: Cluster, member: Member) -> bool:
    """Whether the member is below the limit once it has given back its free pages."""
    status = t.cast(Status, cluster.status_of(member.member_id))
    return _fits(status, status.db_size_in_use)


# -- disarming ---------------------------------------------------------------------------------------------------------


def _disarming(cluster: Cluster, alarm: Alarm) -> Step:
    member = cluster.member(alarm.member_id)
    return Step(_DISARM[alarm.kind], alarm.member_id, member.name if member else "")


def _not_gone(cluster: Cluster, step: Step) -> Refusal:
    return Refusal(
        codes.CLUSTER_UNSETTLED,
        f"etcd was asked to {step}, and it is still on",
        "Look at the members' logs: what raised it may have raised it again.",
        before=quorum_of(cluster),
    )


# -- for people --------------------------------------------------------------------------------------------------------


def alarms_text(cluster: Cluster) -> str:
    """The alarms and the members' use of their quotas, as lines of text."""
    alarms = [f"{alarm.kind} raised by {_label(cluster, alarm.member_id)}" for alarm in alarms_of(cluster)]
    members = sorted(use_words(cluster, member) for member in cluster.members if cluster.status_of(member.member_id))
    return "\n".join([*(alarms or ["no alarm is on"]), *members, ""])


def use_words(cluster: Cluster, member: Member) -> str:
    status = t.cast(Status, cluster.status_of(member.member_id))
    quota = (
        f"{100 * status.db_size // status.db_size_quota} per cent of a quota of {status.db_size_quota}"
        if status.db_size_quota > 0
        else "quota unknown"
    )
    return f"{member.label} has {status.db_size} bytes, {status.db_size_in_use} in use, {quota}"


def _label(cluster: Cluster, member_id: int) -> str:
    member = cluster.member(member_id)
    return member.label if member else hex_id(member_id)
