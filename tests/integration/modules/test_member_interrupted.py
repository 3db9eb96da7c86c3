# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed at any of their requests, and answers that are lost: the next run finishes the job, once.

What is about the lock alone is the same on every release, and takes `etcd_cluster`: one of the newest here.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.testbed import Cluster, Member
from tests.testbed.gateway import GatewayError
from tests.testbed.recording_proxy import Recorded

from .driver import arguments_of, ensure, listed, untouched, voters, writable
from .module_process import ModuleProcess
from .recorded import Recording, recorded

LEASE = int.from_bytes(b"qrm.etcd", "big")


def the_lock_runs_out(cluster: Cluster) -> None:
    """What some seconds do by themselves, at once: a killed run gave nothing back."""
    with contextlib.suppress(GatewayError):
        cluster.leader.gateway.call("/kv/lease/revoke", {"ID": str(LEASE)})


# -- killed at every request -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """A change, what the cluster starts as, and what has to come of it however often the run is killed."""

    name: str
    state: dict[str, object]
    target: Callable[[Cluster], tuple[Member, dict]]
    changes: tuple[str, ...]
    goal: Callable[[Cluster, Member], dict[str, str]]


def _add(cluster: Cluster) -> tuple[Member, dict]:
    return cluster.spare(), {}


JOBS = [
    Job(
        "add",
        {"size": 1},
        _add,
        ("/cluster/member/add",),
        lambda cluster, host: {**voters("etcd1"), host.name: "unstarted learner"},
    ),
    Job(
        "promote",
        {"size": 1, "learners": 1},
        lambda cluster: (cluster.learners[0], {"state": "promoted"}),
        ("/cluster/member/promote",),
        lambda cluster, host: voters("etcd1", host),
    ),
    Job(
        "remove the leader",
        {"size": 3},
        lambda cluster: (cluster.leader, {"state": "absent"}),
        ("/maintenance/transfer-leadership", "/cluster/member/remove"),
        lambda cluster, host: voters(*(member for member in cluster.members if member is not host)),
    ),
]
MOMENTS = ["before etcd sees it", "before its answer arrives"]


@contextlib.contextmanager
def about_to(job: Job) -> Iterator[tuple[Cluster, Recording, Member, dict]]:
    """The cluster, of the newest release here, and the arguments of the run."""
    with Cluster(**job.state, strict=False) as cluster, recorded(cluster) as recording:  # type: ignore[arg-type]
        host, options = job.target(cluster)
        yield (
            cluster,
            recording,
            host,
            arguments_of(cluster, host, **{**recording.connection, **options, "request_timeout": 2}),
        )


def paths_of_an_undisturbed_run(job: Job) -> dict[str, bool]:
    """The kinds of its requests, and whether each changes something."""
    with about_to(job) as (cluster, recording, host, arguments):
        run = ModuleProcess("etcd_member", arguments).wait()
        assert run is not None
        assert run.changed, run
        assert sorted(recording.changes) == sorted(job.changes)
        assert listed(cluster) == job.goal(cluster, host)
        return {request.path: request.is_mutating for request in recording.requests}


def killed_and_run_again(job: Job, path: str, number: int, forwarded: bool) -> bool:
    """Whether the run came to its n-th request of that path, and so was killed at it; run again, it ends in any case as
    it should.
    """
    with about_to(job) as (cluster, recording, host, arguments):
        killed: list[int] = []

        def kill(met: int, request: Recorded) -> None:
            if met == number:
                process.kill()
                killed.append(met)

        recording.at_each(kill, path, forwarded)
        process = ModuleProcess("etcd_member", arguments)
        process.wait()
        assert len(cluster.member_list()) <= len(cluster.members), "a member was added twice"
        the_lock_runs_out(cluster)
        recording.forget()

        again = ensure(None, **arguments)

        where = f"killed at request {number} of {path}"
        assert again.ok, (where, again)
        assert listed(cluster) == job.goal(cluster, host), where
        assert ensure(None, **arguments).changed is False, where
        assert writable(cluster), where
        return bool(killed)


def deaths(job: Job, paths: Mapping[str, bool], forwarded: bool) -> dict[str, int]:
    """How many requests of each kind were a place to die: of those that change something the first, the second and so
    on, until a run comes to its end, and of the questions the first.

    What a killed run had read is gone with it. So the next one finds what the changes before made of the cluster, at
    whichever question between two of them the run was killed.
    """
    died = {}
    for path, is_mutating in paths.items():
        numbers = itertools.count(1) if is_mutating else iter((1,))
        survived = (number for number in numbers if not killed_and_run_again(job, path, number, forwarded))
        died[path] = next(survived, 2) - 1
    return died


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_run_that_is_killed_before_any_of_its_requests_is_finished_by_the_next(job: Job):
    died = deaths(job, paths_of_an_undisturbed_run(job), forwarded=False)
    assert min(died.values()) >= 1, died
    assert [died[path] for path in job.changes] == [1] * len(job.changes)
    assert {"/maintenance/status", "/cluster/member/list"} <= died.keys()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_run_that_is_killed_before_it_hears_of_a_change_it_made_is_finished_by_the_next(job: Job):
    """To die after the answer to a question is to die before the next request."""
    changes = {path: True for path, is_mutating in paths_of_an_undisturbed_run(job).items() if is_mutating}
    died = deaths(job, changes, forwarded=True)
    assert {"/lease/grant", "/kv/lease/revoke", *job.changes} <= died.keys()
    assert min(died.values()) >= 1, died


@pytest.mark.slow
@pytest.mark.etcd(size=1)
def test_the_lock_of_a_killed_run_delays_the_next_run_and_no_more(etcd_cluster: Cluster):
    host = etcd_cluster.spare()
    with recorded(etcd_cluster) as recording:
        arguments = killed_at(
            recording, "/lease/grant", arguments_of(etcd_cluster, host, **recording.connection, request_timeout=3)
        )
        again = ensure(None, **arguments)
    assert again.ok, again
    assert 1 < again.seconds < 30
    assert again.waited_for == ["cluster_unsettled"]
    assert listed(etcd_cluster)[host.name] == "unstarted learner"


@pytest.mark.measures_time
@pytest.mark.etcd(size=1)
def test_the_lock_of_a_killed_run_does_not_delay_a_run_that_has_nothing_to_do(cluster: Cluster):
    with recorded(cluster) as recording:
        arguments = killed_at(
            recording, "/cluster/member/add", arguments_of(cluster, cluster.spare(), **recording.connection)
        )
        again = ensure(None, **arguments)
    assert again.changed is False
    assert again.waited_for == []
    assert again.seconds < 3


def killed_at(recording: Recording, path: str, arguments: dict) -> dict:
    """Runs the module and kills it when etcd has carried that request out; returns its arguments."""
    (proxy,) = recording.proxies.values()
    process = ModuleProcess("etcd_member", arguments)
    proxy.call(1, lambda _: process.kill(), path=path, forwarded=True)
    assert process.wait() is None
    return arguments


# -- answers that are lost ---------------------------------------------------------------------------------------------

LOSSES = ["cut off", "never answered"]


def lose(recording: Recording, path: str, loss: str) -> None:
    """etcd carries the request out, and its answer does not arrive."""
    for proxy in recording.proxies.values():
        if loss == "cut off":
            proxy.cut_off(1, path, forwarded=True)
        else:
            proxy.call(1, lambda _: None, path, forwarded=True)
            proxy.hang(1, path, forwarded=True)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.etcd(size=1)
def test_an_addition_whose_answer_was_lost_is_found_in_the_list(cluster: Cluster, loss: str):
    host = cluster.spare()
    with recorded(cluster) as recording:
        lose(recording, "/cluster/member/add", loss)
        run = ensure(cluster, host, **recording.connection, request_timeout=3)
        assert recording.changes == ["/cluster/member/add"]
    assert run.changed, run
    assert run.done == ["add_learner"]
    assert run["environment"]["ETCD_NAME"] == host.name
    assert listed(cluster) == {**voters("etcd1"), host.name: "unstarted learner"}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.etcd(size=1, learners=1)
def test_a_promotion_whose_answer_was_lost_is_found_in_the_list(cluster: Cluster, loss: str):
    (learner,) = cluster.learners
    with recorded(cluster) as recording:
        lose(recording, "/cluster/member/promote", loss)
        run = ensure(cluster, learner, state="promoted", **recording.connection, request_timeout=3)
        assert recording.changes == ["/cluster/member/promote"]
    assert run.done == ["promote"], run
    assert listed(cluster) == voters("etcd1", learner)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.etcd(size=3, strict=False)
def test_a_removal_whose_answer_was_lost_is_found_in_the_list(cluster: Cluster, loss: str):
    with recorded(cluster) as recording:
        follower = cluster.followers[0]
        lose(recording, "/cluster/member/remove", loss)
        run = ensure(cluster, follower, state="absent", **recording.connection, request_timeout=3)
        assert recording.changes == ["/cluster/member/remove"]
    assert run.done == ["remove"], run
    assert follower.name not in listed(cluster)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.etcd(size=3, strict=False)
def test_a_hand_over_whose_answer_was_lost_is_followed_by_the_removal(cluster: Cluster, loss: str):
    with recorded(cluster) as recording:
        leader = cluster.leader
        lose(recording, "/maintenance/transfer-leadership", loss)
        run = ensure(cluster, leader, state="absent", **recording.connection, request_timeout=3)
        assert recording.changes.count("/cluster/member/remove") == 1
    assert run.done == ["move_leader", "remove"], run
    assert leader.name not in listed(cluster)


@pytest.mark.etcd(size=1)
def test_an_addition_that_never_reached_etcd_is_asked_for_again(cluster: Cluster):
    host = cluster.spare()
    with recorded(cluster) as recording:
        for proxy in recording.proxies.values():
            proxy.cut_off(1, "/cluster/member/add")
        run = ensure(cluster, host, **recording.connection, request_timeout=3)
        assert recording.changes == ["/cluster/member/add"] * 2
    assert run.done == ["add_learner"], run
    assert listed(cluster) == {**voters("etcd1"), host.name: "unstarted learner"}


@pytest.mark.etcd(size=1)
def test_an_addition_that_never_reaches_etcd_is_reported_as_not_done(cluster: Cluster):
    with recorded(cluster) as recording, untouched(cluster):
        for proxy in recording.proxies.values():
            for number in range(1, 10):
                proxy.cut_off(number, "/cluster/member/add")
        run = ensure(cluster, cluster.spare(), **recording.connection, request_timeout=3)
    assert not run.ok
    assert run.error in ("timeout", "connection_refused"), run
    assert run["changed"] is False
    assert run["done"] == []


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["cut off", "late"])
@pytest.mark.etcd(size=1)
def test_a_lock_whose_answer_was_lost_is_waited_for_until_it_ends_and_taken_again(etcd_cluster: Cluster, loss: str):
    host = etcd_cluster.spare()
    with recorded(etcd_cluster) as recording:
        for proxy in recording.proxies.values():
            if loss == "cut off":
                proxy.cut_off(1, "/lease/grant", forwarded=True)
            else:
                proxy.call(1, lambda _: time.sleep(4), "/lease/grant", forwarded=True)
        run = ensure(etcd_cluster, host, **recording.connection, request_timeout=3)
    assert run.done == ["add_learner"], run
    assert recording.changes == ["/cluster/member/add"]
    assert run.waited_for == ["cluster_unsettled"]
    assert "whose answer was lost" in run["waits"][0]["message"]
    assert listed(etcd_cluster) == {**voters("etcd1"), host.name: "unstarted learner"}


@pytest.mark.etcd(size=1)
def test_a_lock_that_never_reached_etcd_is_asked_for_again(etcd_cluster: Cluster):
    host = etcd_cluster.spare()
    with recorded(etcd_cluster) as recording:
        for proxy in recording.proxies.values():
            proxy.cut_off(1, "/lease/grant")
        run = ensure(etcd_cluster, host, **recording.connection)
        assert recording.mutating == ["/lease/grant", "/lease/grant", "/cluster/member/add", "/kv/lease/revoke"]
    assert run.done == ["add_learner"], run


@pytest.mark.etcd(size=1)
def test_a_lock_that_never_reaches_etcd_is_given_up(etcd_cluster: Cluster):
    with recorded(etcd_cluster) as recording, untouched(etcd_cluster):
        for proxy in recording.proxies.values():
            for number in range(1, 10):
                proxy.cut_off(number, "/lease/grant")
        run = ensure(etcd_cluster, etcd_cluster.spare(), **recording.connection)
        assert recording.mutating == ["/lease/grant"] * 3
    assert run.error == "connection_refused", run
    assert run["changed"] is False


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/lease/grant", "/cluster/member/add"])
@pytest.mark.etcd(size=1)
def test_a_cluster_that_falls_silent_in_the_middle_gets_the_time_to_answer_again(etcd_cluster: Cluster, path: str):
    host = etcd_cluster.spare()
    with recorded(etcd_cluster) as recording:
        recording.proxies["etcd1"].call(1, lambda _: silence(etcd_cluster["etcd1"], seconds=4), path, forwarded=True)
        run = ensure(etcd_cluster, host, **recording.connection, request_timeout=3)
        assert recording.changes == ["/cluster/member/add"]
    assert run.done == ["add_learner"], run
    assert listed(etcd_cluster) == {**voters("etcd1"), host.name: "unstarted learner"}


@pytest.mark.slow
@pytest.mark.etcd(size=1)
def test_a_cluster_that_falls_silent_in_the_middle_for_good_is_an_error_in_bounded_time(etcd_cluster: Cluster):
    with recorded(etcd_cluster) as recording:
        recording.proxies["etcd1"].call(1, lambda _: etcd_cluster["etcd1"].pause(), "/lease/grant", forwarded=True)
        run = ensure(etcd_cluster, etcd_cluster.spare(), **recording.connection, request_timeout=3)
        etcd_cluster["etcd1"].resume()
    assert run.error == "timeout", run
    assert run.seconds < 25
    assert run["waits"][-1]["code"] == "no_quorum"


def silence(member: Member, seconds: float) -> None:
    """Freezes the member, and lets it go on after that time."""
    member.pause()
    threading.Timer(seconds, member.resume).start()


# -- overtaken between looking and acting ------------------------------------------------------------------------------


def just_before_the_addition(recording: Recording, action: Callable[[], object]) -> None:
    def overtake(_: Recorded) -> None:
        action()

    (proxy,) = recording.proxies.values()
    proxy.call(1, overtake, "/cluster/member/add")


@pytest.mark.etcd(size=1, strict=False)
def test_somebody_else_adds_another_learner_just_before_us(cluster: Cluster):
    other, host = cluster.spare("other"), cluster.spare("ours")
    with recorded(cluster) as recording:
        just_before_the_addition(recording, lambda: cluster.leader.gateway.member_add([other.peer_url], learner=True))
        run = ensure(cluster, host, **recording.connection, wait_timeout=1)
    assert run.refusal == "another_learner", run
    assert run["changed"] is False
    assert listed(cluster) == {**voters("etcd1"), "other": "unstarted learner"}


@pytest.mark.etcd(size=1, strict=False)
def test_somebody_else_adds_our_member_just_before_us(cluster: Cluster):
    host = cluster.spare()
    with recorded(cluster) as recording:
        just_before_the_addition(recording, lambda: cluster.leader.gateway.member_add([host.peer_url], learner=True))
        run = ensure(cluster, host, **recording.connection)
    assert run.ok, run
    assert run.changed is False
    assert run["environment"]["ETCD_NAME"] == host.name
    assert listed(cluster) == {**voters("etcd1"), host.name: "unstarted learner"}


@pytest.mark.etcd(size=3, strict=False)
def test_somebody_else_removes_our_victim_just_before_us(cluster: Cluster):
    with recorded(cluster) as recording:
        follower = cluster.followers[0]
        victim = follower.member_id or 0
        done: list[int] = []

        def overtake(_: object) -> None:
            if not done:
                done.append(1)
                cluster.leader.gateway.member_remove(victim)

        for proxy in recording.proxies.values():
            proxy.call(1, overtake, "/cluster/member/remove")
        run = ensure(cluster, follower, state="absent", **recording.connection)
    assert run.ok, run
    assert run.changed is False
    assert follower.name not in listed(cluster)


@pytest.mark.etcd(size=3, strict=False)
def test_a_voter_dies_between_the_hand_over_and_the_removal(cluster: Cluster):
    """The arithmetic is done again before each step: what was safe to begin is not safe to end."""
    with recorded(cluster) as recording:
        leader = cluster.leader
        bystander = cluster.followers[0]
        for proxy in recording.proxies.values():
            proxy.call(1, lambda _: bystander.kill(), "/maintenance/transfer-leadership", forwarded=True)
        run = ensure(cluster, leader, state="absent", **recording.connection, request_timeout=3)
    if bystander.is_running:  # it has become the leader, and was not killed
        pytest.fail("the hand-over was not asked for")
    assert run.refusal == "would_lose_quorum", run
    assert [step["action"] for step in run["done"]] in (["move_leader"], [])
    assert leader.name in listed(cluster)


# -- the leader goes in the middle -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["kill", "pause"])
@pytest.mark.parametrize("forwarded", [False, True], ids=MOMENTS)
@pytest.mark.etcd(size=3, strict=False)
def test_the_leader_goes_in_the_middle_of_an_addition(cluster: Cluster, fault: str, forwarded: bool):
    cluster.put("kept", "through the fault")
    host = cluster.spare()
    with recorded(cluster) as recording:
        leader = cluster.leader
        recording.proxies[leader.name].call(
            1, lambda _: getattr(leader, fault)(), "/cluster/member/add", forwarded=forwarded
        )

        first = ensure(cluster, host, **recording.connection, request_timeout=1, wait_timeout=5)
        if leader.is_paused:
            leader.resume()
        else:
            leader.restart()
        cluster.wait_healthy()
        the_lock_runs_out(cluster)
        again = ensure(cluster, host, **recording.connection)

    assert again.ok, (first, again)
    assert listed(cluster) == {**voters("etcd1", "etcd2", "etcd3"), host.name: "unstarted learner"}
    if first.ok:
        assert first.changed
        assert again.changed is False
    assert cluster.get("kept") == "through the fault"


@pytest.mark.parametrize("fault", ["kill", "pause"])
@pytest.mark.parametrize("forwarded", [False, True], ids=MOMENTS)
@pytest.mark.etcd(size=3, learners=1, strict=False)
def test_the_leader_goes_in_the_middle_of_a_promotion(cluster: Cluster, fault: str, forwarded: bool):
    (learner,) = cluster.learners
    with recorded(cluster) as recording:
        leader = cluster.leader
        recording.proxies[leader.name].call(
            1, lambda _: getattr(leader, fault)(), "/cluster/member/promote", forwarded=forwarded
        )

        first = ensure(cluster, learner, state="promoted", **recording.connection, request_timeout=1, wait_timeout=5)
        if leader.is_paused:
            leader.resume()
        else:
            leader.restart()
        cluster.wait_healthy()
        the_lock_runs_out(cluster)
        again = ensure(cluster, learner, state="promoted", **recording.connection)

    assert again.ok, (first, again)
    assert listed(cluster) == voters("etcd1", "etcd2", "etcd3", learner)
    assert writable(cluster)
