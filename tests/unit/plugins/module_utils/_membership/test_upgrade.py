# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rolling upgrade: the releases that run and the one that is wanted → who is upgraded in which order, or why nobody
is.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership import versions
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment import Deployment
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment_text import plan_text
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import DATA, DataDir
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import Host as FoundHost
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Cluster
from ansible_collections.quorum.etcd.plugins.module_utils._membership.quorum import is_healthy, quorum_of
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import CODES, FINAL, WAIT, Refusal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.upgrade import UPGRADE, upgrade
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._membership.anything import clusters
from tests.unit.plugins.module_utils._membership.clusters import (
    CLUSTER_ID,
    Host,
    alarmed,
    cluster,
    dead,
    healthy,
    id_of,
    lagging,
    leaderless,
    learner,
    unstarted,
    unstarted_learner,
    url,
    voters,
)


def host(name: str, **facts) -> FoundHost:
    """A host whose etcd runs with its member's data."""
    return FoundHost(
        **{
            "name": name,
            "peer_urls": (url(name),),
            "data_dir": DataDir(DATA, id_of(name), CLUSTER_ID),
            "is_running": True,
            **facts,
        }
    )


def hosts_of(observed: Cluster) -> list[FoundHost]:
    return [
        FoundHost(member.name, member.peer_urls, DataDir(DATA, member.member_id, observed.cluster_id), is_running=True)
        for member in observed.members
        if member.name
    ]


def of(*releases: str, leader: str = "m1", **facts) -> Cluster:
    """Healthy voters m1, m2 ... of these releases."""
    names = [f"m{number}" for number in range(1, len(releases) + 1)]
    return cluster(*map(healthy, names), versions=dict(zip(names, releases, strict=True)), leader=leader, **facts)


def judged(
    observed: Cluster | None, release: str, hosts: Sequence[FoundHost] | None = None, accept: tuple[str, ...] = ()
) -> Deployment | Refusal:
    return upgrade(observed, hosts if hosts is not None else hosts_of(observed) if observed else [], release, accept)


def verdict(
    observed: Cluster | None, release: str, hosts: Sequence[FoundHost] | None = None, accept: tuple[str, ...] = ()
) -> str:
    """Who is upgraded, in order, or the code of the refusal."""
    found = judged(observed, release, hosts, accept)
    if isinstance(found, Refusal):
        return found.code
    assert {move.action for move in found.moves} <= {UPGRADE}
    return " ".join(move.name for move in found.moves) or "nothing to do"


def refusal(observed: Cluster | None, release: str, hosts: Sequence[FoundHost] | None = None) -> Refusal:
    found = judged(observed, release, hosts)
    assert isinstance(found, Refusal), found
    return found


def permitted(observed: Cluster, release: str, accept: tuple[str, ...] = ()) -> Deployment:
    found = judged(observed, release, accept=accept)
    assert isinstance(found, Deployment), found
    return found


# Who, and in which order


@pytest.mark.parametrize(
    ("observed", "release", "expected"),
    [
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.30", "m2 m3 m1"),
        (of("3.4.23", "3.4.23", "3.4.23", leader="m2"), "3.5.30", "m1 m3 m2"),
        (of("3.5.16", "3.5.16", "3.5.16"), "3.5.30", "m2 m3 m1"),
        (of("3.4.23", "3.4.23", "3.4.23", "3.4.23", leader="m4"), "3.5.30", "m1 m2 m3 m4"),
        (of("3.4.23"), "3.5.30", "m1"),
        (of("3.3.27", "3.3.27", "3.3.27"), "3.4.45", "m2 m3 m1"),
        (of("3.5.32", "3.5.32", "3.5.32"), "3.6.14", "m2 m3 m1"),
        (of("3.6.11", "3.6.11", "3.6.11"), "3.7.1", "m2 m3 m1"),
        # Broken off, and gone on with.
        (of("3.5.30", "3.4.23", "3.4.23"), "3.5.30", "m2 m3"),
        (of("3.4.23", "3.5.30", "3.5.30"), "3.5.30", "m1"),
        (of("3.5.16", "3.4.23", "3.4.23"), "3.5.30", "m2 m3 m1"),
        (of("3.5.30", "3.5.30", "3.5.30"), "3.5.30", "nothing to do"),
        (of("3.5.30", "3.5.30"), "3.5.30", "nothing to do"),
    ],
)
def test_every_member_of_another_release_is_upgraded_the_leader_last(observed, release, expected):
    assert verdict(observed, release) == expected


# Releases


@pytest.mark.parametrize(
    ("observed", "release", "code", "words"),
    [
        (of("3.4.23", "3.4.23", "3.4.23"), "3.6.14", "version_unsupported", "skip a minor"),
        (of("3.5.30", "3.4.23", "3.5.30"), "3.6.14", "version_unsupported", "m2 (3.4.23) would skip"),
        (of("3.3.27", "3.3.27", "3.3.27"), "3.5.30", "version_unsupported", "skip a minor"),
        (of("3.6.14", "3.6.14", "3.6.14"), "4.0.0", "version_unsupported", "skip a minor"),
        (of("3.5.30", "3.5.30", "3.5.30"), "3.4.45", "version_unsupported", "go down"),
        (of("3.5.30", "3.5.30", "3.5.30"), "3.5.29", "version_unsupported", "go down"),
        (of("3.4.23", "3.5.30", "3.4.23"), "3.4.45", "version_unsupported", "m2 (3.5.30) would go down"),
        (of("3.4.23", "3.4.23", "3.5.30"), "3.4.23", "version_unsupported", "m3 (3.5.30) would go down"),
        (of("3.4.45", "3.4.45", "3.4.45", authenticated=True), "3.5.30", "version_unsupported", "authentication is on"),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5", "version_unsupported", "not a release"),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.0-rc.1", "version_unsupported", "not a release"),
        (of("3.4.23", "3.4.23", "3.4.23"), "latest", "version_unsupported", "not a release"),
        (of("3.4.23", "", "3.4.23"), "3.5.30", "version_unsupported", "cannot tell which release m2"),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.0", "version_bug", "crashed under load"),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.2", "version_bug", "crashed under load"),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.5", "version_bug", "defragmentation"),
        (of("3.3.27", "3.3.27", "3.3.27"), "3.4.21", "version_bug", "authentication"),
        (of("3.5.16", "3.5.16", "3.5.16"), "3.6.14", "version_bug", "a promotion is not stored"),
        (of("3.5.20", "3.5.20", "3.5.20"), "3.6.14", "version_bug", "a promotion is lost"),
        (of("3.5.32", "3.5.25", "3.5.32"), "3.6.14", "version_bug", "m2 (3.5.25)"),
        (of("3.6.10", "3.6.11", "3.6.11"), "3.7.1", "version_bug", "m1 (3.6.10)"),
    ],
)
def test_a_release_that_etcd_cannot_or_should_not_go_to_is_refused(observed, release, code, words):
    found = refusal(observed, release)
    assert found.code == code
    assert words in found.message


@pytest.mark.parametrize(
    ("observed", "release", "next_step"),
    [
        (of("3.4.23", "3.4.23", "3.4.23"), "3.6.14", "Upgrade every member to the newest 3.5 first."),
        (of("3.4.23", "3.4.23", "3.4.23"), "3.5.4", "Upgrade to 3.5.6 or newer."),
        (of("3.3.27", "3.3.27", "3.3.27"), "3.4.9", "Upgrade to 3.4.22 or newer."),
        (of("3.5.16", "3.5.16", "3.5.16"), "3.6.14", "Upgrade every member to 3.5.32 first, and then to 3.6.14."),
        (of("3.6.2", "3.6.2", "3.6.2"), "3.7.1", "Upgrade every member to 3.6.11 first, and then to 3.7.1."),
    ],
)
def test_the_way_there_is_named(observed, release, next_step):
    assert refusal(observed, release).next_step == next_step


@pytest.mark.parametrize(
    ("running", "release"),
    [
        ("3.4.23", "3.5.6"),
        ("3.4.21", "3.4.22"),
        ("3.5.26", "3.6.0"),
        ("3.6.0", "3.6.14"),
        ("3.5.5", "3.5.6"),
        ("3.4.23", "3.5.16"),
        ("3.5.0", "3.5.30"),
    ],
)
def test_the_first_release_with_the_fixes_is_permitted(running, release):
    assert verdict(of(running, running, running), release) == "m2 m3 m1"


def test_authentication_stands_in_the_way_only_where_its_log_changes():
    assert verdict(of("3.4.23", "3.4.23", "3.4.23", authenticated=True), "3.4.45") == "m2 m3 m1"
    assert verdict(of("3.5.16", "3.5.16", "3.5.16", authenticated=True), "3.5.30") == "m2 m3 m1"


@pytest.mark.parametrize(("running", "release"), [("3.4.23", "3.5.4"), ("3.5.16", "3.6.14")])
def test_a_version_bug_can_be_accepted_and_is_then_a_warning(running, release):
    found = permitted(of(running, running, running), release, accept=("version_bug",))
    assert found.warnings[0].startswith("Accepted version_bug: cannot upgrade")


def test_what_etcd_cannot_do_can_not_be_accepted():
    everything = tuple(CODES)
    assert verdict(of("3.4.23", "3.4.23", "3.4.23"), "3.6.14", accept=everything) == "version_unsupported"
    assert verdict(of("3.5.30", "3.5.30", "3.5.30"), "3.4.45", accept=everything) == "version_unsupported"


def test_a_release_that_does_not_store_promotions_is_warned_of():
    (warning,) = permitted(of("3.4.23", "3.4.23", "3.4.23"), "3.5.16").warnings
    assert "On etcd 3.5.16 a promotion is not stored" in warning
    assert permitted(of("3.4.23", "3.4.23", "3.4.23"), "3.5.30").warnings == ()


def test_going_to_3_6_from_less_than_is_advised_is_warned_of():
    (warning,) = permitted(of("3.5.32", "3.5.26", "3.5.32"), "3.6.14").warnings
    assert warning == "etcd advises upgrading to 3.5.32 before 3.6.14: m2 (3.5.26)."
    assert permitted(of("3.5.32", "3.5.32", "3.5.32"), "3.6.14").warnings == ()


# Health


def old(*hosts: Host, **facts) -> Cluster:
    return cluster(*hosts, version="3.4.23", **facts)


@pytest.mark.parametrize(
    ("observed", "code"),
    [
        (old(*voters(3, 1)), "would_lose_quorum"),
        (old(*voters(5, 1)), "cluster_unsettled"),
        (old(*voters(3, 2)), "no_quorum"),
        (old(*voters(2)), "would_lose_quorum"),
        (old(*voters(2, 1)), "no_quorum"),
        (old(*voters(4), alarmed("m5")), "cluster_unsettled"),
        (old(*voters(4), alarmed("m5", "CORRUPT")), "cluster_unsettled"),
        (old(*voters(4), lagging("m5")), "cluster_unsettled"),
        (old(*voters(4), leaderless("m5")), "cluster_unsettled"),
        (old(*voters(2), alarmed("m3")), "would_lose_quorum"),
        (old(*voters(3), unstarted(4)), "member_unstarted"),
        (old(*voters(3), learner("m4")), "another_learner"),
        (old(*voters(3), unstarted_learner(4)), "another_learner"),
        (old(*voters(3), rival_leader_ids=(1, 2)), "split_brain"),
        (old(*voters(3), foreign_cluster_ids=(0xC2,)), "cluster_id_mismatch"),
        (None, "no_quorum"),
    ],
)
def test_a_cluster_that_is_not_whole_and_healthy_is_refused(observed, code):
    assert verdict(observed, "3.5.30") == code


def test_a_member_that_comes_back_is_waited_for_and_a_wrong_release_is_not():
    assert refusal(old(*voters(3, 1)), "3.5.30").patience == WAIT
    assert refusal(old(*voters(5, 1)), "3.5.30").patience == WAIT
    assert refusal(old(*voters(2)), "3.5.30").patience == FINAL
    assert refusal(old(*voters(3, 1)), "3.6.14").patience == FINAL


def test_the_arithmetic_of_a_stop_is_told():
    found = refusal(old(*voters(2)), "3.5.30")
    assert (found.before.healthy, found.after.healthy, found.after.size) == (2, 1, 2)


def test_the_interruption_of_a_cluster_of_two_can_be_accepted_and_nothing_else_of_its_health():
    assert verdict(old(*voters(2)), "3.5.30", accept=("would_lose_quorum",)) == "m2 m1"
    assert verdict(old(*voters(3, 1)), "3.5.30", accept=("would_lose_quorum",)) == "cluster_unsettled"
    assert verdict(old(*voters(3), learner("m4")), "3.5.30", accept=("another_learner",)) == "cluster_unsettled"
    assert verdict(old(*voters(4), unstarted(5)), "3.5.30", accept=("member_unstarted",)) == "cluster_unsettled"


# Hosts


@pytest.mark.parametrize(
    ("hosts", "code", "words"),
    [
        ([host("m1"), host("m2")], "member_not_found", "no host in the group for m3"),
        (
            [host("m1"), host("m2"), host("m3"), host("m4", data_dir=DataDir("absent"), is_running=False)],
            "member_not_found",
            "m4 is not a member",
        ),
        ([host("m1"), host("m2"), host("m3", peer_urls=(url(33),))], "member_not_found", "m3 has other peer URLs"),
        ([host("m1"), host("m2"), host("m3", is_running=False)], "member_not_found", "the service of m3 does not run"),
        (
            [host("m1"), host("m2"), host("m3", data_dir=DataDir("absent"))],
            "member_not_found",
            "the service of m3 does not run",
        ),
        ([host("m1"), host("m2"), host("m3", data_dir=DataDir(DATA, id_of("m3"), 0xC2))], "cluster_id_mismatch", "m3"),
        (
            [host("m1"), host("m2"), host("m3", data_dir=DataDir(DATA, id_of("m2"), CLUSTER_ID))],
            "ambiguous_identity",
            "m2 and m3",
        ),
    ],
)
def test_hosts_that_are_not_exactly_the_members_are_refused(hosts, code, words):
    found = refusal(old(*voters(3)), "3.5.30", hosts)
    assert found.code == code
    assert words in found.message


def test_settings_that_a_restart_would_bring_are_no_matter_of_an_upgrade():
    assert (
        verdict(old(*voters(3)), "3.5.30", [host("m1"), host("m2", outdated=("ETCD_NAME",)), host("m3")]) == "m2 m3 m1"
    )
    assert (
        verdict(
            of("3.5.30", "3.5.30", "3.5.30"), "3.5.30", [host("m1"), host("m2", outdated=("ETCD_NAME",)), host("m3")]
        )
        == "nothing to do"
    )


# Any cluster

RELEASES = ("3.3.27", "3.4.21", "3.4.45", "3.5.5", "3.5.16", "3.5.25", "3.5.30", "3.5.32", "3.6.10", "3.6.14", "3.7.1")


# From one release to one of the next, or of anything to anything.
WAYS = [(running, wanted) for place, running in enumerate(RELEASES) for wanted in RELEASES[place : place + 5]]
ANY_WAY = st.one_of(
    st.sampled_from(WAYS), st.sampled_from(WAYS), st.tuples(st.sampled_from(RELEASES), st.sampled_from(RELEASES))
)


@st.composite
def upgrades(draw: st.DrawFn) -> tuple[Cluster, str]:
    """Healthy voters, some of them upgraded already, with anybody leading; and the release that is asked for."""
    running, wanted = draw(ANY_WAY)
    releases = draw(st.lists(st.sampled_from((running, running, wanted)), min_size=1, max_size=7))
    return of(*releases, leader=f"m{draw(st.integers(1, len(releases)))}", authenticated=draw(st.booleans())), wanted


def release_of(observed: Cluster, member_id: int) -> str:
    status = observed.status_of(member_id)
    assert status is not None
    return status.version


def numbers(release: str) -> versions.Version:
    found = versions.parse(release)
    assert found is not None
    return found


@settings(max_examples=4 * settings().max_examples)
@given(st.one_of(upgrades(), upgrades(), st.tuples(clusters(), st.sampled_from(RELEASES))), st.booleans())
def test_a_permitted_upgrade_never_skips_a_minor_never_goes_down_and_ends_with_the_leader(asked, accepting):
    observed, release = asked
    found = judged(observed, release, accept=("version_bug", "would_lose_quorum") if accepting else ())
    if isinstance(found, Refusal):
        event(found.code)
        return
    event("permitted" if found.moves else "nothing to do")
    target = numbers(release)
    for move in found.moves:
        running = numbers(release_of(observed, move.member_id))
        assert running < target
        assert target[:2] in (running[:2], (running[0], running[1] + 1))
    upgraded = [move.member_id for move in found.moves]
    assert len(upgraded) == len(set(upgraded))
    assert observed.leader_id not in upgraded[:-1]
    if upgraded:
        assert all(is_healthy(observed, member) and member.is_voter for member in observed.members)
        assert accepting or quorum_of(observed).voters != 2
    others = [member for member in observed.members if member.member_id not in upgraded]
    assert {release_of(observed, member.member_id) for member in others} <= {release}


@given(upgrades(), st.integers(0, 7))
def test_an_upgrade_that_was_broken_off_anywhere_goes_on_with_the_rest_in_the_same_order(asked, done):
    observed, release = asked
    found = judged(observed, release, accept=("version_bug", "would_lose_quorum"))
    if isinstance(found, Refusal):
        return
    upgraded = {move.name for move in found.moves[:done]}
    names = [member.name for member in observed.members]
    running = {member.name: release_of(observed, member.member_id) for member in observed.members}
    later = of(
        *(release if name in upgraded else running[name] for name in names),
        leader=observed.leader.name,
        authenticated=observed.authenticated,
    )
    rest = " ".join(move.name for move in found.moves[done:]) or "nothing to do"
    assert verdict(later, release, accept=("version_bug", "would_lose_quorum")) == rest


# Words


def test_the_plan_says_who_goes_from_where_to_where():
    observed = of("3.4.23", "3.5.16", "3.4.23")
    text = plan_text(observed, hosts_of(observed), permitted(observed, "3.5.16"))
    assert "The plan has 2 moves:\n    ~ m3  upgrade 3.4.23 -> 3.5.16\n    ~ m1  upgrade 3.4.23 -> 3.5.16\n" in text
    assert text.endswith("\nAfterwards: every member runs etcd 3.5.16\n")


def test_that_nothing_is_left_to_do_is_said_with_the_release():
    observed = of("3.5.16", "3.5.16", "3.5.16")
    text = plan_text(observed, hosts_of(observed), permitted(observed, "3.5.16"))
    assert text.endswith("\nThere is nothing to do.\n\nEvery member runs etcd 3.5.16\n")


def test_a_dead_member_is_named():
    assert "m3 refuses connections" in refusal(old(healthy("m1"), healthy("m2"), dead("m3")), "3.5.30").message
