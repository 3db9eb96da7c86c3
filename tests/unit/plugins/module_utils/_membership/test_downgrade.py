# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rolling downgrade: what runs, what the data are, and the release that is wanted → what is done in which order, or
why nothing is.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership import downgrade as rules
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment import Deployment
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment_text import plan_text
from ansible_collections.quorum.etcd.plugins.module_utils._membership.downgrade import (
    cancelled_by_another,
    downgrade,
    enabled,
    is_on,
    lowest_of,
    minor_of_target,
    not_lowered,
    not_risen,
    obstacle,
    picture,
    still_on,
    tells_downgrade,
    unfinished,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import DATA, DataDir
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import Host as FoundHost
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Cluster
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import FINAL, WAIT, Refusal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.storage import is_lowered

from tests.unit.plugins.module_utils._membership.clusters import (
    Host,
    alarmed,
    cluster,
    dead,
    dead_learner,
    healthy,
    learner,
    unstarted,
    voters,
)

V36, V35 = (3, 6), (3, 5)


def of(*members: str, target: str = "", leader: str = "m1") -> Cluster:
    """Voters m1, m2 ... as `3.7.3` (its data are of its own minor release) or `3.7.3/3.6` (data of 3.6)."""
    names = [f"m{number}" for number in range(1, len(members) + 1)]
    return running(dict(zip(names, members, strict=True)), *map(healthy, names), target=target, leader=leader)


def running(releases: dict[str, str], *hosts: Host, target: str = "", leader: str = "m1") -> Cluster:
    """These hosts. A member before 3.6 tells neither its storage version nor a downgrade."""
    observed = cluster(
        *hosts, versions={name: text.partition("/")[0] for name, text in releases.items()}, leader=leader
    )
    labels = {member.member_id: member.name for member in observed.members}

    def told(status):
        version, _slash, storage = releases.get(labels[status.member_id], status.version).partition("/")
        if version.startswith("3.5"):
            return status
        return replace(status, storage_version=f"{storage or version.rpartition('.')[0]}.0", downgrade_target=target)

    return replace(observed, statuses=tuple(map(told, observed.statuses)))


def hosts_of(observed: Cluster) -> list[FoundHost]:
    return [
        FoundHost(member.name, member.peer_urls, DataDir(DATA, member.member_id, observed.cluster_id), is_running=True)
        for member in observed.members
    ]


def judged(observed: Cluster | None, release: str, accept: tuple[str, ...] = (), hosts=None) -> Deployment | Refusal:
    found = hosts if hosts is not None else hosts_of(observed) if observed else []
    return downgrade(observed, found, release, accept)


def verdict(observed: Cluster | None, release: str, accept: tuple[str, ...] = ()) -> str:
    """The moves, or the code of the refusal."""
    found = judged(observed, release, accept)
    if isinstance(found, Refusal):
        return found.code
    return ", ".join(f"{move.action} {move.name}".strip() for move in found.moves) or "nothing to do"


ALL = "enable_downgrade, downgrade m2, downgrade m3, downgrade m1"
ROLL = "downgrade m2, downgrade m3, downgrade m1"


@pytest.mark.parametrize(
    ("observed", "release", "expected"),
    [
        # one minor release down
        (of("3.7.3", "3.7.3", "3.7.3"), "3.6.16", ALL),
        (of("3.6.16", "3.6.16", "3.6.16"), "3.5.34", ALL),
        (of("3.7.3", "3.7.3", "3.7.3", leader="m2"), "3.6.16",
         "enable_downgrade, downgrade m1, downgrade m3, downgrade m2"),
        (of("3.7.3"), "3.6.16", "enable_downgrade, downgrade m1"),
        # it was enabled, and not everybody is ready
        (of("3.7.3", "3.7.3", "3.7.3", target="3.6.0"), "3.6.16", ALL),
        (of("3.7.3/3.6", "3.7.3", "3.7.3/3.6", target="3.6.0"), "3.6.16", ALL),
        # everybody is
        (of("3.7.3/3.6", "3.7.3/3.6", "3.7.3/3.6", target="3.6.0"), "3.6.16", ROLL),
        # half-way
        (of("3.7.3/3.6", "3.6.16", "3.7.3/3.6", target="3.6.0"), "3.6.16", "downgrade m3, downgrade m1"),
        (of("3.6.16/3.5", "3.5.34", "3.5.34", target="3.5.0"), "3.5.34", "downgrade m1"),
        # half-way, cancelled: whoever runs the older release keeps the version of the cluster down
        (of("3.7.3/3.6", "3.6.16", "3.7.3/3.6"), "3.6.16", "downgrade m3, downgrade m1"),
        # cancelled before the first restart: the version of the cluster is about to rise again
        (of("3.7.3/3.6", "3.7.3/3.6", "3.7.3/3.6"), "3.6.16", ALL),
        # within a minor release nothing is enabled
        (of("3.6.16", "3.6.16", "3.6.16"), "3.6.12", ROLL),
        (of("3.5.34", "3.5.30", "3.5.34"), "3.5.30", "downgrade m3, downgrade m1"),
        (of("3.6.16", "3.7.3/3.6", "3.7.3/3.6"), "3.6.16", "downgrade m2, downgrade m3"),
        # done, whether etcd has ended it yet or not
        (of("3.6.16", "3.6.16", "3.6.16"), "3.6.16", "nothing to do"),
        (of("3.6.16", "3.6.16", "3.6.16", target="3.6.0"), "3.6.16", "nothing to do"),
        # whoever built it, and not before it was published
        (of("3.6.16+vendor", "3.6.16", "3.6.16"), "3.6.16", "nothing to do"),
        (of("3.6.16", "3.6.16-rc.0", "3.6.16"), "3.6.16", "downgrade m2"),
        # other targets
        (of("3.7.3", "3.7.3", "3.7.3"), "3.5.34", "version_unsupported"),
        (of("3.7.3", "3.6.16", "3.7.3"), "3.5.34", "version_unsupported"),
        (of("3.5.34", "3.5.34", "3.5.34"), "3.4.45", "version_unsupported"),
        (of("3.6.16", "3.6.16", "3.6.16"), "3.6.17", "version_unsupported"),
        (of("3.6.16", "3.6.16", "3.6.16"), "3.7.3", "version_unsupported"),
        (of("3.7.3/3.6", "3.6.12", "3.7.3/3.6"), "3.6.16", "version_unsupported"),
        (of("3.7.3", "3.7.3", "3.7.3"), "3.6", "version_unsupported"),
        (of("3.7.3", "3.7.3", "3.7.3"), "old", "version_unsupported"),
        (of("3.6.16", "3.6.16", "3.6.16"), "3.5.2", "version_bug"),
        (of("3.7.3", "3.7.3", "3.7.3"), "3.6.2", "version_bug"),
        (of("3.6.16", "3.6.16", "3.6.16", target="3.5.0"), "3.6.16", "downgrade_in_progress"),
        (of("3.6.16", "3.6.16", "3.6.16", target="3.5.0"), "3.6.12", "downgrade_in_progress"),
        # members
        (None, "3.6.16", "no_quorum"),
        (cluster(*voters(3, dead_ones=2), version="3.7.3"), "3.6.16", "no_quorum"),
        (cluster(*voters(3, dead_ones=1), version="3.7.3"), "3.6.16", "cluster_unsettled"),
        (cluster(*voters(5, dead_ones=1), version="3.7.3"), "3.6.16", "cluster_unsettled"),
        (cluster(*voters(2), alarmed("m3"), version="3.7.3"), "3.6.16", "cluster_unsettled"),
        (cluster(*voters(3), learner("m4"), version="3.7.3"), "3.6.16", "another_learner"),
        (cluster(*voters(3), dead_learner("m4"), version="3.7.3"), "3.6.16", "another_learner"),
        (cluster(*voters(3), unstarted(4), version="3.7.3"), "3.6.16", "member_unstarted"),
        (cluster(*voters(2), healthy("m3"), version="3.7.3", versions={"m3": "unknown"}), "3.6.16",
         "version_unsupported"),
        (of("3.7.3", "3.7.3"), "3.6.16", "would_lose_quorum"),
    ],
)  # fmt: skip
def test_releases_and_data_to_moves(observed, release, expected):
    assert verdict(observed, release) == expected


@pytest.mark.parametrize(
    ("observed", "release", "code", "expected"),
    [
        (of("3.7.3", "3.7.3"), "3.6.16", "would_lose_quorum", "enable_downgrade, downgrade m2, downgrade m1"),
        (of("3.6.16", "3.6.16", "3.6.16"), "3.5.2", "version_bug", ALL),
        # a learner would keep the downgrade on for ever, whoever accepts what
        (cluster(*voters(3), dead_learner("m4"), version="3.7.3"), "3.6.16", "another_learner", "another_learner"),
        (cluster(*voters(3), unstarted(4), version="3.7.3"), "3.6.16", "member_unstarted", "member_unstarted"),
    ],
)
def test_what_a_user_may_accept(observed, release, code, expected):
    assert verdict(observed, release, (code,)) == expected


def test_a_host_more_or_less_is_pointed_to_deploy():
    observed = of("3.7.3", "3.7.3", "3.7.3")
    refusal = judged(observed, "3.6.16", hosts=hosts_of(observed)[1:])
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.message) == (
        "member_not_found",
        "cannot downgrade to 3.6.16: the group and the cluster differ: no host in the group for m1",
    )


def test_a_dead_member_is_told_with_the_arithmetic_and_waited_for():
    refusal = judged(cluster(*voters(2), dead("m3"), version="3.7.3"), "3.6.16")
    assert isinstance(refusal, Refusal)
    assert refusal.patience == WAIT
    assert "m3 refuses connections; 2 of 3 voters are healthy, and etcd needs all 3" in refusal.message
    assert refusal.before is not None
    assert "cancel" not in refusal.next_step


def test_while_the_downgrade_is_on_a_dead_member_is_no_dead_end():
    observed = running({"m1": "3.7.3", "m2": "3.7.3"}, *voters(3, dead_ones=1), target="3.6.0")
    refusal = obstacle(observed, V36)
    assert refusal is not None
    assert "etcd_cluster_downgrade_cancel" in refusal.next_step


def test_the_plan_says_what_is_done_to_whom():
    observed = of("3.7.3", "3.7.3", "3.7.3")
    plan = judged(observed, "3.6.16")
    assert isinstance(plan, Deployment)
    text = plan_text(observed, hosts_of(observed), plan)
    assert "    ~ (all)  enable the downgrade\n    ~ m2     downgrade 3.7.3 -> 3.6.16\n" in text
    assert text.endswith("Afterwards: every member runs etcd 3.6.16\n")
    done = of("3.6.16", "3.6.16", "3.6.16")
    assert "Every member runs etcd 3.6.16" in plan_text(done, hosts_of(done), judged(done, "3.6.16"))  # type: ignore[arg-type]


def test_what_is_known_of_the_releases_is_told_beforehand():
    early = judged(of("3.7.1", "3.7.3", "3.7.3"), "3.6.16")
    promotions = judged(of("3.6.16", "3.6.16", "3.6.16"), "3.5.16")
    assert isinstance(early, Deployment)
    assert isinstance(promotions, Deployment)
    assert "etcd PR 22201" in " ".join(early.warnings)
    assert "etcd issue 19557" in " ".join(promotions.warnings)
    within = judged(of("3.7.1", "3.7.1", "3.7.1"), "3.7.0", ("version_bug",))
    assert isinstance(within, Deployment)
    assert "etcd PR 22201" not in " ".join(within.warnings)


# Where a downgrade is


@pytest.mark.parametrize(
    ("target", "expected"), [("3.6", (3, 6)), ("3.6.16", (3, 6)), ("3", None), ("3.6.x", None), ("", None)]
)
def test_a_target_is_a_minor_release(target, expected):
    assert minor_of_target(target) == expected


def test_a_downgrade_is_on_if_a_member_says_so():
    observed = of("3.7.3", "3.5.34", target="3.6.0")
    assert is_on(observed)
    assert is_on(observed, V36)
    assert not is_on(observed, V35)
    assert not is_on(of("3.7.3"))


def test_members_before_3_6_do_not_say():
    assert tells_downgrade(of("3.5.34", "3.6.16"))
    assert not tells_downgrade(of("3.5.34", "3.5.34"))
    assert lowest_of(of("3.6.16", "3.5.34")) == V35


def test_a_member_that_has_not_heard_of_it_is_not_ready():
    observed = of("3.7.3/3.6", "3.7.3/3.6", target="3.6.0")
    late = replace(observed.statuses[1], downgrade_target="")
    assert is_lowered(observed, V36)
    assert not is_lowered(replace(observed, statuses=(observed.statuses[0], late)), V36)


def test_who_is_awaited_is_named_with_what_it_said_last():
    refusal = not_lowered(of("3.7.3/3.6", "3.7.3", target="3.6.0"), V36)
    assert refusal is not None
    assert refusal.patience == WAIT
    assert "m2 runs 3.7.3 with storage version 3.7.0 and goes down to 3.6.0" in refusal.message
    assert not_lowered(of("3.7.3/3.6", "3.7.3/3.6", target="3.6.0"), V36) is None


def test_right_after_an_upgrade_it_cannot_be_enabled_yet():
    refusal = not_risen(of("3.7.3/3.6", "3.7.3"), V36)
    assert refusal is not None
    assert refusal.patience == WAIT
    assert "m1 runs 3.7.3 with storage version 3.6.0" in refusal.message
    assert "m2" not in refusal.message
    assert not_risen(of("3.7.3", "3.7.3"), V36) is None


def test_a_storage_version_that_nobody_told_has_not_risen():
    observed = of("3.6.16")
    mute = replace(observed, statuses=(replace(observed.statuses[0], storage_version=""),))
    assert "storage version unknown" in str(not_risen(mute, V35))
    assert "storage version -" in picture(mute)


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (of("3.6.16", "3.7.3/3.6", target="3.6.0"), "m2 (3.7.3) does not run 3.6"),
        (running({"m1": "3.6.16", "m2": "3.6.16"}, *voters(3, dead_ones=1)), "m3 does not run 3.6"),
        (of("3.6.16", "3.6.16", target="3.6.0"), "goes down to 3.6.0"),
        (of("3.6.16", "3.6.16/3.7"), "m2 runs 3.6.16 with storage version 3.7.0"),
    ],
)
def test_what_is_missing_from_the_end(observed, words):
    refusal = unfinished(observed, V36)
    assert refusal is not None
    assert refusal.patience == WAIT
    assert words in refusal.message


@pytest.mark.parametrize(("observed", "minor"), [(of("3.6.16", "3.6.12"), V36), (of("3.5.34", "3.5.34"), V35)])
def test_the_end_as_far_as_members_say_it(observed, minor):
    assert unfinished(observed, minor) is None


def test_a_cancellation_is_believed_when_the_members_say_so():
    assert "(says m1, m2)" in still_on(of("3.7.3", "3.7.3", target="3.6.0")).message
    assert "is still on," in still_on(of("3.5.34")).message
    assert cancelled_by_another(of("3.7.3"), V36).patience == FINAL


def test_check_mode_shows_what_it_leads_to():
    before = of("3.7.3", "3.6.16")
    after = enabled(before, V36)
    assert picture(before) == (
        "m1: etcd 3.7.3, storage version 3.7.0\nm2: etcd 3.6.16, storage version 3.6.0\ndowngrade: off\n"
    )
    assert picture(after) == (
        "m1: etcd 3.7.3, storage version 3.6.0\nm2: etcd 3.6.16, storage version 3.6.0\ndowngrade: 3.6.0\n"
    )
    assert is_lowered(after, V36)
    assert picture(rules.cancelled(after)).endswith("downgrade: off\n")


def test_members_of_two_releases_are_told_which_ways_lead_on():
    half_way = rules.outcome_text(of("3.7.3/3.6", "3.6.16"))
    assert "Members run 3.6 and 3.7." in half_way
    assert "etcd_cluster_upgrade_to: 3.7.3" in half_way
    assert rules.outcome_text(of("3.7.3", "3.7.3")) == picture(of("3.7.3", "3.7.3"))


def test_a_member_without_a_record_is_called_by_its_id():
    observed = of("3.7.3", target="3.6.0")
    assert f"says {observed.statuses[0].member_id:x}" in still_on(replace(observed, members=())).message


def test_etcds_own_refusal_is_passed_on_in_its_words():
    refusal = rules.refused_by_etcd(of("3.7.3"), V36, "etcdserver: invalid downgrade target version")
    assert refusal.code == "version_unsupported"
    assert "invalid downgrade target version" in refusal.message
