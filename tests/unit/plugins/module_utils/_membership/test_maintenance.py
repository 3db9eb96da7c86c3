# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may lead, whom to defragment and in which order, and when an alarm may be disarmed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.alarms import (
    Allowed,
    Hash,
    alarms_text,
    plan_disarming,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.defragmentation import (
    Threshold,
    plan_defragmentation,
    skipped,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.identity import Identity
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Alarm, Cluster
from ansible_collections.quorum.etcd.plugins.module_utils._membership.plan import FOLLOWER, LEADER, Goal, Verdict
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import ELECTION, WAIT, Refusal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.steps import (
    COMPACT,
    DEFRAGMENT,
    DISARM_CORRUPT,
    DISARM_NOSPACE,
    Step,
)

from .clusters import alarmed, cluster, dead, healthy, id_of, lagging, learner, refusal, unstarted, verdict, voters

ALWAYS = Threshold(0, 0)
MIB = 1024 * 1024
THREE = cluster(*voters(3))


def leads(name: str) -> Goal:
    return Goal(LEADER, Identity(name))


def follows(name: str) -> Goal:
    return Goal(FOLLOWER, Identity(name))


def sized(observed: Cluster, size: int = 100, used: int = 20, quota: int = 200, **of: tuple[int, int]) -> Cluster:
    """The same, with databases of that size; those of single members by their names."""
    names = {member.member_id: member.name for member in observed.members}

    def of_member(number: int) -> tuple[int, int]:
        return of.get(names[number], (size, used))

    return replace(
        observed,
        statuses=tuple(
            replace(
                status,
                db_size=of_member(status.member_id)[0],
                db_size_in_use=of_member(status.member_id)[1],
                db_size_quota=quota,
            )
            for status in observed.statuses
        ),
    )


def words(found: Verdict) -> str:
    if isinstance(found, Refusal):
        return found.code
    return ", ".join(f"{step.action} {step.label}".strip() for step in found.steps) or "nothing to do"


def refused(found: Verdict) -> Refusal:
    assert isinstance(found, Refusal), found
    return found


# -- leadership --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("observed", "goal", "expected"),
    [
        (THREE, leads("m1"), "nothing to do"),
        (THREE, leads("m2"), "move_leader m2"),
        (THREE, follows("m2"), "nothing to do"),
        (THREE, follows("m1"), "move_leader m3"),
        (THREE, leads("m9"), "member_not_found"),
        (THREE, follows("m9"), "member_not_found"),
        (cluster(*voters(3, dead_ones=1)), leads("m3"), "member_unhealthy"),
        (cluster(*voters(3, dead_ones=1)), follows("m1"), "move_leader m2"),
        (cluster(*voters(3, dead_ones=2)), leads("m1"), "no_quorum"),
        (cluster(*voters(3), learner("m4")), leads("m4"), "not_a_voter"),
        (cluster(healthy("m1"), healthy("m2"), healthy("m3", lag=1001)), leads("m3"), "member_unhealthy"),
        (cluster(healthy("m1"), healthy("m2", lag=1000), healthy("m3", lag=1001)), follows("m1"), "move_leader m2"),
        (cluster(healthy("m1"), healthy("m2"), alarmed("m3")), leads("m3"), "move_leader m3"),
        (cluster(healthy("m1"), healthy("m2"), alarmed("m3", "CORRUPT")), leads("m3"), "member_unhealthy"),
        (cluster(healthy("m1"), learner("m2")), follows("m1"), "last_member"),
        (cluster(healthy("m1"), healthy("m2", lag=2000)), follows("m1"), "member_unhealthy"),
    ],
)
def test_leadership_goes_to_a_healthy_voter(observed, goal, expected):
    assert verdict(observed, goal) == expected


def test_a_voter_that_is_catching_up_is_waited_for_and_one_that_is_gone_only_for_an_election():
    assert refusal(cluster(healthy("m1"), healthy("m2"), lagging("m3")), leads("m3")).patience == WAIT
    gone = refusal(cluster(*voters(3, dead_ones=1)), leads("m3"))
    assert gone.patience == ELECTION
    assert "2 of 3 voters healthy, quorum 2" in gone.message


# -- defragmentation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("observed", "names", "expected"),
    [
        (sized(THREE), (), "defragment m2, defragment m3, move_leader m3, defragment m1"),
        (sized(THREE), ("m1",), "move_leader m3, defragment m1"),
        (sized(THREE), ("m3", "m2"), "defragment m2, defragment m3"),
        (sized(THREE, m2=(100, 50)), ("m2",), "nothing to do"),
        (sized(THREE, m2=(100, 49)), ("m2",), "defragment m2"),
        (sized(THREE, size=0, used=0), (), "nothing to do"),
        (sized(THREE), ("m7", "m8"), "member_not_found"),
        (sized(cluster(*voters(3, dead_ones=1))), (), "member_unhealthy"),
        (sized(cluster(*voters(3, dead_ones=1))), ("m2",), "member_unhealthy"),
        (sized(cluster(*voters(3, dead_ones=1)), used=90), ("m2",), "nothing to do"),
        (sized(cluster(*voters(3, dead_ones=1)), used=90), (), "member_unhealthy"),
        (sized(cluster(*voters(3, dead_ones=2))), (), "no_quorum"),
        (sized(cluster(*voters(3), unstarted(4))), (), "member_unhealthy"),
        (sized(cluster(*voters(3), learner("m4", lag=1001))), (), "member_unhealthy"),
        (sized(cluster(*voters(3), learner("m4"))), ("m4",), "nothing to do"),
        (sized(cluster(healthy("m1"), alarmed("m2"))), ("m2",), "defragment m2"),
        (sized(cluster(healthy("m1"), alarmed("m2", "CORRUPT"))), ("m1",), "member_unhealthy"),
        (sized(cluster(healthy("m1"), learner("m2"))), (), "would_stop_writes"),
        (sized(cluster(*voters(3), version="3.5.5")), (), "version_bug"),
    ],
)
def test_members_are_defragmented_while_every_other_one_is_healthy(observed, names, expected):
    assert words(plan_defragmentation(observed, names, Threshold(50, 0))) == expected


def test_small_databases_are_left_alone():
    observed = sized(THREE, size=MIB, used=0)
    assert words(plan_defragmentation(observed, (), Threshold())) == "nothing to do"
    assert "has 1048576 of 1048576 bytes free (100 per cent)" in skipped(observed, (), Threshold(), ())[0].reason


def test_nobody_is_defragmented_twice_in_a_run():
    done = [Step(DEFRAGMENT, id_of(name), name) for name in ("m2", "m3")]
    assert words(plan_defragmentation(sized(THREE), (), ALWAYS, done=done)) == "move_leader m3, defragment m1"


def test_the_only_voter_is_defragmented_with_consent():
    found = plan_defragmentation(sized(cluster(healthy("m1"))), (), ALWAYS, accept=("would_stop_writes",))
    assert words(found) == "defragment m1"
    assert found.warnings


def test_who_is_skipped_and_why():
    observed = sized(cluster(healthy("m1"), healthy("m2"), dead("m3"), learner("m4")), m1=(100, 90), m2=(0, 0))
    found = {skip.member.name: skip.reason for skip in skipped(observed, (), ALWAYS._replace(percent=50), ())}
    assert found["m1"].startswith("has 10 of 100 bytes free (10 per cent)")
    assert found["m2"].startswith("has 0 of 0 bytes free (0 per cent)")
    assert found["m3"] == "does not answer"
    assert "learner" in found["m4"]


def test_a_member_that_is_catching_up_is_waited_for():
    observed = sized(cluster(healthy("m1"), lagging("m2")))
    assert words(plan_defragmentation(observed, ("m1",), ALWAYS)) == "member_unhealthy"
    assert refused(plan_defragmentation(observed, ("m1",), ALWAYS)).patience == WAIT


# -- NOSPACE -----------------------------------------------------------------------------------------------------------

FULL = cluster(alarmed("m1"), healthy("m2"), healthy("m3"))
DISARM = Step(DISARM_NOSPACE, id_of("m1"), "m1")


def defragmented(*names: str) -> list[Step]:
    return [Step(DEFRAGMENT, id_of(name), name) for name in names]


@pytest.mark.parametrize(
    ("observed", "compact", "done", "expected"),
    [
        (sized(THREE), False, (), "nothing to do"),
        (sized(FULL), False, (), "disarm_nospace m1"),
        (sized(FULL, m2=(180, 179)), False, (), "defragment m2, disarm_nospace m1"),
        (sized(FULL, m1=(210, 20)), False, (), "move_leader m3, defragment m1, disarm_nospace m1"),
        (sized(FULL, m2=(179, 179)), True, (), "disarm_nospace m1"),
        (sized(FULL, m2=(200, 180)), False, (), "space_not_freed"),
        (sized(FULL, m2=(200, 180)), True, (), "compact, defragment m2, disarm_nospace m1"),
        (sized(FULL, m2=(200, 180)), True, [Step(COMPACT)], "defragment m2, disarm_nospace m1"),
        (sized(FULL, m2=(200, 180)), True, [Step(COMPACT), *defragmented("m2")], "space_not_freed"),
        (sized(FULL), True, [Step(COMPACT), *defragmented("m2"), DISARM], "cluster_unsettled"),
        (sized(FULL, quota=0), False, (), "quota_unknown"),
        (sized(cluster(alarmed("m1"), healthy("m2"), dead("m3"))), False, (), "member_unhealthy"),
        (sized(cluster(alarmed("m1"), dead("m2"), dead("m3"))), False, (), "no_quorum"),
        (sized(cluster(alarmed("m1"), learner("m2")), m2=(200, 20)), True, (), "space_not_freed"),
        (
            sized(cluster(alarmed("m1"), healthy("m2"), version="3.5.5"), m2=(200, 20)),
            False,
            (),
            "version_bug",
        ),
    ],
)
def test_nospace_is_disarmed_once_every_member_has_room(observed, compact, done, expected):
    assert words(plan_disarming(observed, Allowed(compact), (), done)) == expected


def test_the_alarm_of_a_member_that_was_removed_is_disarmed_too():
    observed = replace(sized(THREE), alarms=(Alarm(0xABC, "NOSPACE"),))
    assert words(plan_disarming(observed, Allowed())) == "disarm_nospace abc"
    assert "NOSPACE raised by abc" in alarms_text(observed)


def test_a_quota_that_is_not_known_may_be_accepted():
    found = plan_disarming(sized(FULL, quota=0), Allowed(accept=("quota_unknown",)))
    assert words(found) == "disarm_nospace m1"
    assert "Accepted quota_unknown" in found.warnings[0]


def test_a_refusal_says_what_helps():
    full = refused(plan_disarming(sized(FULL, m2=(200, 180)), Allowed()))
    assert "m2 has 200 bytes, 180 in use, 100 per cent of a quota of 200" in full.message
    assert "compact: true" in full.next_step
    of_learner = sized(cluster(alarmed("m1"), learner("m2")), m2=(200, 20))
    assert "m2 is a learner" in refused(plan_disarming(of_learner, Allowed(True))).next_step


def test_alarms_as_text():
    assert alarms_text(sized(cluster(healthy("m1")), quota=0)) == (
        "no alarm is on\nm1 has 100 bytes, 20 in use, quota unknown\n"
    )


# -- CORRUPT -----------------------------------------------------------------------------------------------------------

CORRUPT = cluster(healthy("m1"), healthy("m2"), alarmed("m3", "CORRUPT"))


def hashes(*values: int, compacted: tuple[int, ...] = ()) -> list[Hash]:
    revisions = compacted or (5,) * len(values)
    return [
        Hash(id_of(f"m{number}"), value, revision)
        for number, (value, revision) in enumerate(zip(values, revisions, strict=True), start=1)
    ]


@pytest.mark.parametrize(
    ("observed", "found", "expected"),
    [
        (CORRUPT, hashes(7, 7, 7), "corruption_passed"),
        (CORRUPT, hashes(7, 7, 8), "member_corrupt"),
        (CORRUPT, hashes(7, 8, 9), "corruption_undecided"),
        (CORRUPT, hashes(7, 7), "corruption_undecided"),
        (CORRUPT, hashes(7, 7, 7, compacted=(5, 5, 4)), "corruption_undecided"),
        (cluster(healthy("m1"), alarmed("m2", "CORRUPT")), hashes(7, 8), "corruption_undecided"),
        (cluster(alarmed("m1", "CORRUPT")), hashes(7), "corruption_undecided"),
    ],
)
def test_corrupt_is_kept_until_it_is_known_whose_data_are_right(observed, found, expected):
    assert words(plan_disarming(sized(observed), Allowed(), found)) == expected
    if expected != "corruption_passed":
        assert words(plan_disarming(sized(observed), Allowed(accept=("corruption_passed",)), found)) == expected


def test_where_all_agree_corrupt_may_be_disarmed_with_consent():
    found = plan_disarming(sized(CORRUPT), Allowed(accept=("corruption_passed",)), hashes(7, 7, 7))
    assert not isinstance(found, Refusal)
    assert found.steps == (Step(DISARM_CORRUPT, id_of("m3"), "m3"),)


def test_the_member_with_other_data_is_named():
    assert "Replace m3" in refused(plan_disarming(sized(CORRUPT), Allowed(), hashes(7, 7, 8))).next_step
