# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that the role decides with, on real clusters: what the hosts hold and who answers → the plan; and the
gates.
"""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from tests.integration.modules.driver import Run, run_main, untouched
from tests.testbed import Cluster, Member

QUICK = {"wait_timeout": 3, "request_timeout": 3}


def found(member: Member, options: dict | None = None, **facts) -> dict:
    """What etcd_host_info says of the member's host; whether its service runs is what the test bed knows, and of which
    release its program is, what a test says.
    """
    run = run_main(
        "etcd_host_info",
        {
            "name": member.name,
            "peer_urls": [member.peer_url],
            "client_urls": [member.client_url],
            "data_dir": str(member.data_dir),
            **(options or {}),
        },
    )
    assert run.ok, run
    return {**run["host"], "running": member.is_running, "release": None, **facts}


def plan(cluster: Cluster, *hosts: dict, check_mode: bool = False, **options) -> Run:
    connection = {**cluster.connection, "endpoints": [url for host in hosts for url in host["client_urls"]]}
    return run_main("etcd_cluster_plan", {**connection, **QUICK, **options, "hosts": list(hosts)}, check_mode)


def moves(run: Run) -> list[str]:
    assert run.ok, run
    return [f"{move['action']} {move['member']['name']}" for move in run["plan"]]


def gate(cluster: Cluster, state: str, member: Member | None = None, **options) -> Run:
    return run_main(
        "etcd_gate",
        {
            **cluster.connection,
            "wait_timeout": 10,
            "state": state,
            **({"name": member.name} if member else {}),
            **options,
        },
    )


# The plan


@pytest.mark.etcd(size=1)
def test_hosts_without_anything_begin_a_cluster(etcd_cluster):
    spares = etcd_cluster.spares(3)
    run = plan(etcd_cluster, *map(found, spares))
    assert moves(run) == [f"bootstrap {spare.name}" for spare in spares]
    assert run["initial_cluster"] == ",".join(f"{spare.name}={spare.peer_url}" for spare in spares)
    assert run.changed
    assert run["diff"]["prepared"] == run["text"]


@pytest.mark.etcd(size=3)
def test_a_cluster_as_it_should_be_is_left_alone(etcd_cluster):
    due = {"name": etcd_cluster.members[0].name, "file": "server.crt", "reason": "it expires in 12 days"}
    with untouched(etcd_cluster):
        run = plan(etcd_cluster, *map(found, etcd_cluster.members))
        renewal = plan(etcd_cluster, *map(found, etcd_cluster.members), certificates=[due])
    assert (moves(renewal), renewal.changed) == ([], True)
    assert f"~ {due['name']}  server.crt  it expires in 12 days" in renewal["diff"]["prepared"]
    assert (moves(run), run.changed, run["healthy"]) == ([], False, True)


@pytest.mark.etcd(size=3)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_host_more_is_a_join_and_one_less_is_reported(etcd_cluster, check_mode):
    *stay, leaves = etcd_cluster.members
    spare = etcd_cluster.spare()
    with untouched(etcd_cluster):
        run = plan(etcd_cluster, *map(found, [*stay, spare]), check_mode=check_mode)
    assert moves(run) == [f"add_learner {spare.name}", f"start {spare.name}", f"promote {spare.name}"]
    assert [member["name"] for member in run["unlisted"]] == [leaves.name]
    assert leaves.name in run.warnings


@pytest.mark.etcd(size=3)
def test_a_cluster_that_is_stopped_is_started_and_never_begun_anew(etcd_cluster):
    stopped = list(etcd_cluster.members)
    for member in stopped:
        member.stop()
    run = plan(etcd_cluster, *map(found, [*stopped, etcd_cluster.spare()]))
    assert run["start"] == [member.name for member in stopped]
    assert not run["complete"]
    assert run["bootstrap"] == []


@pytest.mark.etcd(size=3, dead=1)
def test_a_host_that_lost_its_disk_is_replaced_by_itself(etcd_cluster):
    dead = next(member for member in etcd_cluster.members if not member.is_running)
    dead.wipe()
    run = plan(etcd_cluster, *map(found, etcd_cluster.members))
    assert moves(run) == [f"{action} {dead.name}" for action in ("remove", "add_learner", "start", "promote")]


# Hosts that were members before


def configured(member: Member, tmp_path: Path, **facts) -> dict:
    """The member's host as the role finds it: with the settings that it wrote there."""
    settings = tmp_path / f"{member.name}.env"
    settings.write_text(f'ETCD_DATA_DIR="{member.data_dir}"\n')
    return found(member, {"settings_file": str(settings), "member_files": [str(settings)]}, **facts)


@pytest.mark.etcd(size=3, dead=1)
@pytest.mark.parametrize("options", [{}, {"remove_unlisted": True, "wipe_stale_data": True}, {"forget": "etcd"}])
def test_a_member_without_its_disk_is_not_rebuilt_in_silence(etcd_cluster, tmp_path, options):
    dead = next(member for member in etcd_cluster.members if not member.is_running)
    dead.wipe()
    with untouched(etcd_cluster):
        run = plan(
            etcd_cluster,
            *(configured(member, tmp_path) for member in etcd_cluster.members),
            cluster_name="etcd",
            **options,
        )
    assert run.refusal == "data_lost"
    assert f"{dead.name} was a member before ({tmp_path}/{dead.name}.env exists)" in run.message
    assert f"quorum.etcd.replace with etcd_cluster_member={dead.name}" in run.message


@pytest.mark.etcd(size=3, dead=1)
@pytest.mark.parametrize("consent", ["accept", "rebuild", "unfinished"])
def test_a_member_without_its_disk_is_rebuilt_with_consent_or_to_finish_a_run(etcd_cluster, tmp_path, consent):
    dead = next(member for member in etcd_cluster.members if not member.is_running)
    dead.wipe()
    hosts = [configured(member, tmp_path) for member in etcd_cluster.members]
    if consent == "unfinished":
        hosts[etcd_cluster.members.index(dead)]["past"]["unfinished"] = True
    options = {"accept": {"accept": ["data_lost"]}, "rebuild": {"rebuild": dead.name}}.get(consent, {})
    assert moves(plan(etcd_cluster, *hosts, **options)) == [
        f"{action} {dead.name}" for action in ("remove", "add_learner", "start", "promote")
    ]


@pytest.mark.etcd(size=3)
@pytest.mark.parametrize(
    ("options", "may_begin"),
    [
        ({}, False),
        ({"forget": "etdc"}, False),
        ({"accept": ["data_lost"], "wipe_stale_data": True}, False),
        ({"forget": "etcd"}, True),
    ],
)
def test_a_new_cluster_begins_without_the_disks_of_the_old_one_only_if_that_is_named(
    etcd_cluster, tmp_path, options, may_begin
):
    for member in etcd_cluster.members:
        member.stop()
        member.wipe()
    run = plan(
        etcd_cluster,
        *(configured(member, tmp_path) for member in etcd_cluster.members),
        cluster_name="etcd",
        **options,
    )
    if may_begin:
        assert moves(run) == [f"bootstrap {member.name}" for member in etcd_cluster.members]
    else:
        assert run.refusal == "data_lost"
        assert "etcd_cluster_forget=etcd" in run.message


@pytest.mark.etcd(size=3)
@pytest.mark.parametrize("options", [{}, {"wipe_stale_data": True, "accept": ["data_lost"], "forget": "etcd"}])
@pytest.mark.parametrize("is_running", [True, False])
def test_a_member_whose_data_lie_elsewhere_is_not_started_with_an_empty_memory(
    etcd_cluster, tmp_path, options, is_running
):
    if not is_running:
        for member in etcd_cluster.members:
            member.stop()
    other = str(tmp_path / "other")
    hosts = [configured(member, tmp_path) for member in etcd_cluster.members]
    for host in hosts:
        host["data_dir"] = {"path": other, "state": "absent"}
    run = plan(etcd_cluster, *hosts, cluster_name="etcd", **options)
    assert run.refusal == "data_dir_changed"
    assert f"{etcd_cluster.members[0].data_dir}, and etcd_cluster_data_dir is {other}" in run.message


@pytest.mark.etcd(size=2, learners=1)
def test_a_stopped_learner_is_started_waited_for_and_then_promoted(etcd_cluster):
    (learner,) = etcd_cluster.learners
    learner.stop()
    run = plan(etcd_cluster, *map(found, etcd_cluster.members))
    assert (run["start"], [move["action"] for move in run["sequence"]]) == ([learner.name], ["promote"])
    learner.restart(wait=False)
    assert gate(etcd_cluster, "started", learner).ok
    assert gate(etcd_cluster, "running", learner, wait_timeout=0.5).refusal == "cluster_unsettled"


@pytest.mark.etcd(size=1)
def test_hosts_of_two_clusters_are_refused_whether_they_run_or_not(etcd_cluster):
    with Cluster(1) as another:
        (stranger,) = another.members
        (member,) = etcd_cluster.members
        run = plan(
            etcd_cluster,
            found(member),
            {**found(stranger), "name": "stranger"},
            wipe_stale_data=True,
            remove_unlisted=True,
        )
        assert run.refusal == "cluster_id_mismatch"
        stranger.stop()
        member.stop()
        run = plan(
            etcd_cluster,
            found(member),
            {**found(stranger), "name": "stranger"},
            wipe_stale_data=True,
            remove_unlisted=True,
        )
        assert run.refusal == "cluster_id_mismatch"


@pytest.mark.slow
@pytest.mark.etcd(size=3)
def test_the_data_of_a_removed_member_is_stale(etcd_cluster):
    removed = etcd_cluster.followers[0]
    options = {**etcd_cluster.connection, "name": removed.name, "state": "absent", "wait_timeout": 20}
    assert run_main("etcd_member", options).ok
    removed.kill()
    hosts = [found(member) for member in etcd_cluster.members]
    assert plan(etcd_cluster, *hosts).refusal == "stale_data"
    assert moves(plan(etcd_cluster, *hosts, wipe_stale_data=True))[0] == f"wipe {removed.name}"


@pytest.mark.etcd(size=1)
def test_an_address_that_takes_connections_rules_out_a_bootstrap(etcd_cluster):
    """It may be a member that is starting, or hangs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        spare = found(etcd_cluster.spare(), client_urls=[f"http://127.0.0.1:{server.getsockname()[1]}"])
        run = plan(etcd_cluster, spare)
    assert run.error == "timeout"
    assert "only created if every endpoint refuses" in run.message


@pytest.mark.etcd(size=1, tls=True)
def test_members_that_cannot_be_asked_are_told_from_members_that_are_silent(etcd_cluster):
    (member,) = etcd_cluster.members
    run = run_main("etcd_cluster_plan", {**QUICK, "endpoints": [member.client_url], "hosts": [found(member)]})
    assert run.error == "tls_error"
    assert run.seconds < QUICK["wait_timeout"]


@pytest.mark.etcd(size=3)
def test_a_member_is_rebuilt_on_its_own_host_also_while_it_leads(etcd_cluster):
    leader = etcd_cluster.leader
    with untouched(etcd_cluster):
        run = plan(etcd_cluster, *map(found, etcd_cluster.members), rebuild=leader.name)
    assert moves(run) == [f"{action} {leader.name}" for action in ("remove", "wipe", "add_learner", "start", "promote")]


# The gates


@pytest.mark.etcd(size=3)
def test_a_leader_gives_up_leadership_before_it_may_be_stopped(etcd_cluster):
    leader = etcd_cluster.leader
    run = gate(etcd_cluster, "stoppable", leader)
    assert run.done == ["move_leader"]
    assert etcd_cluster.leader is not leader
    assert gate(etcd_cluster, "stoppable", leader).done == []


@pytest.mark.etcd(size=3, dead=1)
def test_the_second_of_three_may_not_be_stopped(etcd_cluster):
    run = gate(etcd_cluster, "stoppable", etcd_cluster.followers[0], wait_timeout=3)
    assert run.refusal == "would_lose_quorum"
    assert "waited" in run.message


@pytest.mark.etcd(size=3)
def test_a_member_that_comes_back_is_waited_for(etcd_cluster):
    follower = etcd_cluster.followers[0]
    follower.kill()
    returning = threading.Timer(1.0, lambda: follower.restart(wait=False))
    returning.start()
    run = gate(etcd_cluster, "running", follower)
    returning.join()
    assert run.ok, run
    assert run.seconds >= 0.9
    assert run["version"] == follower.status()["version"]


@pytest.mark.etcd(size=1)
def test_a_cluster_that_does_not_answer_yet_is_waited_for(etcd_cluster):
    (member,) = etcd_cluster.members
    member.kill()
    returning = threading.Timer(1.0, lambda: member.restart(wait=False))
    returning.start()
    run = gate(etcd_cluster, "running")
    returning.join()
    assert run.ok, run
    assert run["version"] is None


@pytest.mark.etcd(size=1)
def test_a_cluster_that_never_answers_ends_the_wait_with_what_was_last_seen(etcd_cluster):
    etcd_cluster.members[0].kill()
    run = gate(etcd_cluster, "running", wait_timeout=0.5)
    assert run.error == "connection_refused"
    assert "waited" in run.message
