# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop that changes a cluster: what etcd answers at which attempt decides on pauses, locks and requests."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._membership.identity import Identity
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import OpenHealth
from ansible_collections.quorum.etcd.plugins.module_utils._membership.plan import ABSENT, PRESENT, PROMOTED, Goal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.server_refusals import nobody_can_log_in
from ansible_collections.quorum.etcd.plugins.module_utils._operations import apply as apply_module
from ansible_collections.quorum.etcd.plugins.module_utils._operations import attempts, lock
from ansible_collections.quorum.etcd.plugins.module_utils._operations import changes as changes_module
from ansible_collections.quorum.etcd.plugins.module_utils._operations.exceptions import ApplyFailed, Refused

from .scripted_cluster import LATE, LOST, OK, ScriptedCluster, peer_url

PAUSE = 0.2
NEW = (peer_url(9),)
ADD = Goal(PRESENT, Identity("m9", NEW))
REMOVE = Goal(ABSENT, Identity("m3"))
REMOVE_LEADER = Goal(ABSENT, Identity("m1"))
PROMOTE = Goal(PROMOTED, Identity("m4"))
LOCKING = ("lock", "unlock")


@dataclass(frozen=True)
class Result:
    """What a run came to: `end` is `done`, or the code of the refusal or error that ended it."""

    end: str
    done: tuple[str, ...]
    waits: tuple[str, ...]
    message: str = ""


def run(cluster: ScriptedCluster, goal: Goal, wait_timeout: float = 60.0, check_mode: bool = False) -> Result:
    try:
        outcome = apply_module.apply(cluster.pool(), goal, wait_timeout, 30.0, check_mode, cluster.clock)
    except ApplyFailed as stop:
        code = stop.cause.refusal.code if isinstance(stop.cause, Refused) else stop.cause.code
        return Result(code, steps(stop.done), tuple(wait.code for wait in stop.waits), str(stop.cause))
    return Result("done", steps(outcome.done), tuple(wait.code for wait in outcome.waits))


def steps(done: tuple) -> tuple[str, ...]:
    return tuple(step.action for step in done)


@dataclass(frozen=True)
class Case:
    """What etcd answers to one call, attempt by attempt, and what has to come of it.

    `pauses` are those between attempts. A wait for a refusal to pass has many; of it only `waits` is told.
    """

    name: str
    answers: tuple[str, ...]
    end: str = "done"
    requests: int = 1
    pauses: tuple[float, ...] = ()
    waits: tuple[str, ...] = ()
    goal: Goal = ADD
    call: str = "add"
    done: tuple[str, ...] | None = None
    voters: int = 1
    learners: int = 0

    def cluster(self) -> ScriptedCluster:
        return ScriptedCluster(self.voters, self.learners, **{self.call: list(self.answers)})


def repeated(code: str, *after: str) -> tuple[str, ...]:
    return (code, *after)


UNCERTAIN = sorted(errors.UNCERTAIN)
OVERTAKEN = sorted(attempts.OVERTAKEN - {errors.MEMBER_NOT_FOUND, errors.MEMBER_ID_EXISTS})
ID_TAKEN = (errors.MEMBER_NOT_FOUND, errors.MEMBER_ID_EXISTS)
FINAL = (errors.PERMISSION_DENIED, errors.AUTH_FAILED, errors.TLS_ERROR, errors.BAD_PEER_URL, errors.NO_SPACE)

CASES = [
    Case("acknowledged", (OK,)),
    # The answer is lost, and the change was made: it is found, and not requested again.
    Case("made, and its answer lost", (LOST,), pauses=(PAUSE,)),
    Case("made while the run pauses", (LATE,), pauses=(PAUSE,)),
    Case("lost, then made", (errors.TIMEOUT, LOST), requests=2, pauses=(PAUSE, 2 * PAUSE)),
    # The change was not made: it is requested again, after the list was read again.
    *(Case(f"{code}, then acknowledged", (code, OK), requests=2, pauses=(PAUSE,)) for code in UNCERTAIN),
    *(Case(f"{code} three times", (code,) * 3, errors.TIMEOUT, 3, (PAUSE, 2 * PAUSE)) for code in UNCERTAIN),
    *(Case(f"{code}, then acknowledged", (code, OK), requests=2, pauses=(PAUSE,)) for code in OVERTAKEN),
    *(Case(f"{code} three times", (code,) * 3, errors.SERVER_ERROR, 3, (PAUSE, 2 * PAUSE)) for code in OVERTAKEN),
    # An id is made of the peer URLs and the second: the next second gives another one.
    *(Case(f"{code}, then acknowledged", (code, OK), requests=2, pauses=(1.1,)) for code in ID_TAKEN),
    *(Case(f"{code} three times", (code,) * 3, errors.SERVER_ERROR, 3, (1.1, 1.1)) for code in ID_TAKEN),
    # What cannot pass ends the run at the first attempt.
    *(Case(code, (code,), code) for code in FINAL),
    Case("not enough started", (errors.NOT_ENOUGH_STARTED,), "would_lose_quorum"),
    # etcd's connections are young: that passes, or not.
    Case("unhealthy, then acknowledged", (errors.UNHEALTHY_CLUSTER, OK), requests=2, waits=("cluster_unsettled",)),
    Case("lost to an unsettled cluster", (errors.UNHEALTHY_CLUSTER, LOST), requests=2, waits=("cluster_unsettled",)),
    # Promotions.
    Case("promoted", (OK,), goal=PROMOTE, call="promote", voters=3, learners=1),
    Case("promoted, and its answer lost", (LOST,), goal=PROMOTE, call="promote", voters=3, learners=1, pauses=(PAUSE,)),
    Case(
        "etcd says that it is no learner",
        (errors.NOT_A_LEARNER,),
        "not_a_learner",
        goal=PROMOTE,
        call="promote",
        voters=3,
        learners=1,
    ),
    Case(
        "not in sync by etcd's measure, then promoted",
        (errors.LEARNER_NOT_READY, OK),
        requests=2,
        pauses=(PAUSE,),
        goal=PROMOTE,
        call="promote",
        voters=3,
        learners=1,
    ),
    # Removals.
    Case("removed", (OK,), goal=REMOVE, call="remove", voters=3),
    Case("removed, and its answer lost", (LOST,), goal=REMOVE, call="remove", voters=3, pauses=(PAUSE,)),
    Case(
        "removal lost, then made",
        (errors.TIMEOUT, OK),
        goal=REMOVE,
        call="remove",
        voters=3,
        requests=2,
        pauses=(PAUSE,),
    ),
    Case(
        "leadership is moved before the leader goes",
        (OK,),
        goal=REMOVE_LEADER,
        call="move",
        voters=3,
        done=("move_leader", "remove"),
    ),
    Case(
        "leadership moved, and its answer lost",
        (LOST,),
        goal=REMOVE_LEADER,
        call="move",
        voters=3,
        pauses=(PAUSE,),
        done=("move_leader", "remove"),
    ),
]
ACTIONS = {"add": "add_learner", "promote": "promote", "remove": "remove", "move": "move_leader"}


def check(case: Case) -> None:
    cluster = case.cluster()
    before = dict(cluster.members)
    result = run(cluster, case.goal)
    done = case.done if case.done is not None else (ACTIONS[case.call],)
    assert result.end == case.end, result
    assert result.done == (done if case.end == "done" else ())
    assert cluster.count(case.call) == case.requests
    assert result.waits == case.waits
    if not case.waits:
        assert [pause for pause in cluster.clock.pauses if pause != 0.02] == list(case.pauses)
    if case.end != "done":
        assert cluster.members == before
    check_lock(cluster)


def check_lock(cluster: ScriptedCluster) -> None:
    """Every change is made under the lock, after a look that was taken under it; at the end the lock is given back."""
    is_held = has_looked = False
    for call in cluster.calls:
        if call in LOCKING:
            is_held, has_looked = call == "lock", False
        elif call == "look":
            has_looked = is_held
        else:
            assert is_held, cluster.calls
            assert has_looked, cluster.calls
            has_looked = False
    assert not is_held, cluster.calls
    assert cluster.lease_ends == 0.0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_etcd_answers_decides_what_is_done(case: Case):
    check(case)


def test_a_change_that_was_given_up_says_that_it_may_still_be_applied():
    result = run(ScriptedCluster(1, add=[errors.TIMEOUT] * 3), ADD)
    assert "tried 3 times" in result.message
    assert "may still be applied" in result.message


def test_check_mode_sends_nothing_that_changes():
    cluster = ScriptedCluster(3)
    assert run(cluster, REMOVE_LEADER, check_mode=True) == Result("done", (), ())
    assert set(cluster.calls) == {"look"}


def test_where_nothing_is_to_be_done_no_lock_is_taken():
    cluster = ScriptedCluster(3)
    assert run(cluster, Goal(PRESENT, Identity("m1"))) == Result("done", (), ())
    assert set(cluster.calls) == {"look"}


# -- other runs --------------------------------------------------------------------------------------------------------


def test_what_another_run_has_added_meanwhile_is_not_counted_as_done_here():
    cluster = ScriptedCluster(1)

    def overtaken() -> str:
        cluster.add(NEW)
        return errors.PEER_URL_EXISTS

    cluster.script("add", overtaken)
    assert run(cluster, ADD) == Result("done", (), ())
    assert cluster.count("add") == 1


def test_what_another_run_has_added_under_our_retry_may_be_our_own():
    """The first request was not answered, so a member that shows only now may be of this run: it is told as done."""
    cluster = ScriptedCluster(1)

    def overtaken() -> str:
        cluster.add(NEW)
        return errors.PEER_URL_EXISTS

    cluster.script("add", errors.TIMEOUT, overtaken)
    assert run(cluster, ADD).done == ("add_learner",)


def test_a_member_of_another_run_is_never_removed_for_ours():
    """Two runs add at once. The other's learner stands in the way, and stays."""
    cluster = ScriptedCluster(3)
    cluster.script("lock", lambda: cluster.add((peer_url(8),)))
    result = run(cluster, ADD, wait_timeout=3)
    assert (result.end, result.done, cluster.count("add"), cluster.count("remove")) == ("another_learner", (), 0, 0)
    assert len(cluster.members) == 4


def test_the_lock_of_another_run_is_waited_for():
    cluster = ScriptedCluster(1)
    cluster.lease_ends = cluster.clock.now + 4
    result = run(cluster, ADD)
    assert (result.end, result.waits) == ("done", ("cluster_unsettled",))
    assert cluster.clock.now >= 104
    assert cluster.count("add") == 1


def test_the_lock_of_another_run_that_does_not_end_ends_the_wait():
    cluster = ScriptedCluster(1)
    cluster.lease_ends = cluster.clock.now + 1000
    result = run(cluster, ADD, wait_timeout=8)
    assert (result.end, result.done, cluster.count("add")) == ("cluster_unsettled", (), 0)
    assert "another run is changing" in result.message
    assert 107 < cluster.clock.now < 110


def test_a_lock_whose_answer_was_lost_may_be_our_own_and_ends_by_itself():
    cluster = ScriptedCluster(1, lock=[LOST])
    result = run(cluster, ADD)
    assert (result.end, result.done) == ("done", ("add_learner",))
    assert result.waits == ("cluster_unsettled",)


def test_an_alarm_that_forbids_leases_does_not_forbid_a_change():
    cluster = ScriptedCluster(3, lock=[errors.NO_SPACE])
    assert run(cluster, REMOVE).done == ("remove",)
    assert cluster.count("unlock") == 0


# -- endpoints ---------------------------------------------------------------------------------------------------------


def test_a_member_that_turned_a_change_down_is_not_asked_next():
    cluster = ScriptedCluster(3, add=[errors.UNHEALTHY_CLUSTER, OK])
    assert run(cluster, ADD).end == "done"
    first, second = (url for url, call in zip(cluster.asked, changes(cluster)) if call == "add")
    assert first != second


def changes(cluster: ScriptedCluster) -> list[str]:
    return [call for call in cluster.calls if call != "look"]


def test_a_member_is_not_asked_to_remove_itself():
    cluster = ScriptedCluster(3)
    run(cluster, REMOVE_LEADER)
    asked = dict(zip(changes(cluster), cluster.asked))
    assert "10.0.0.1:" not in asked["remove"]


def test_an_unsettled_cluster_is_waited_for_and_no_longer():
    cluster = ScriptedCluster(3, add=[errors.UNHEALTHY_CLUSTER] * 500)
    result = run(cluster, ADD)
    assert (result.end, result.done) == ("cluster_unsettled", ())
    assert 114 < cluster.clock.now < 117


def test_a_cluster_that_falls_silent_has_the_time_of_an_election():
    cluster = ScriptedCluster(1)

    def falls_silent() -> str:
        cluster.is_silent = True
        cluster.clock.while_asleep.append(lambda: setattr(cluster, "is_silent", False))
        return errors.TIMEOUT

    cluster.script("add", falls_silent, OK)
    assert run(cluster, ADD).done == ("add_learner",)


@pytest.mark.parametrize(("times", "end"), [(3, "done"), (1000, "no_quorum")])
def test_where_nobody_can_log_in_the_leader_has_the_time_of_an_election(times, end, monkeypatch):
    """Also at the first look, before anything is known of the cluster."""
    cluster, refused = ScriptedCluster(1), [nobody_can_log_in((OpenHealth("http://10.0.0.1:2379"),))] * times
    observe = apply_module.observe

    def look(pool):
        if refused:
            raise Refused(refused.pop())
        return observe(pool)

    monkeypatch.setattr(apply_module, "observe", look)
    result = run(cluster, ADD)
    assert (result.end, result.waits[0]) == (end, "no_quorum")
    assert cluster.clock.now < 107


def test_a_lock_that_runs_out_at_each_look_ends_the_run():
    """A run that needs longer for a look than its lock lasts must not change what it saw before."""
    cluster = ScriptedCluster(1)

    def run_out() -> None:
        cluster.clock.now += 1000

    cluster.script("unlock", *[OK] * 20)
    for _ in range(20):
        cluster.script("lock", run_out)
    found = run(cluster, ADD)
    assert found.end == errors.TIMEOUT
    assert "ran out" in found.message
    assert cluster.count("add") == 0


def test_a_quorum_that_was_given_up_is_not_waited_for():
    """The second voter of two counts from the moment on at which it is added, and has yet to start."""
    cluster = ScriptedCluster(1)
    goal = Goal(PRESENT, Identity("m9", NEW), learner=False, accept=frozenset({"would_lose_quorum"}))
    assert run(cluster, goal) == Result("done", ("add_voter",), ())


def test_a_member_that_does_not_know_of_the_change_in_time_is_named_in_a_warning():
    cluster = ScriptedCluster(3)
    cluster.behind[2] = tuple(cluster.members.values())
    outcome = apply_module.apply(cluster.pool(), ADD, 60.0, 30.0, False, cluster.clock)
    assert steps(outcome.done) == ("add_learner",)
    (warning,) = outcome.warnings
    assert warning == "The request to add m9 as a learner was carried out, but is not known to m2 yet."


def test_a_cluster_that_stays_silent_ends_the_run_with_what_was_done():
    cluster = ScriptedCluster(3)
    cluster.script("move", lambda: cluster.clock.while_asleep.append(lambda: None))

    def silenced() -> str:
        cluster.is_silent = True
        return errors.TIMEOUT

    cluster.script("remove", silenced)
    result = run(cluster, REMOVE_LEADER)
    assert (result.end, result.done) == (errors.CONNECTION_REFUSED, ("move_leader",))
    assert result.waits == ("no_quorum",)


# -- planted faults ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """A mistake that a change of this code might make, as a replacement in its source."""

    name: str
    module: ModuleType
    right: str
    wrong: str


FAULTS = [
    Fault(
        "no look after the lock was taken",
        changes_module,
        "        return False\n\n    def renew_lock",
        "        return True\n\n    def renew_lock",
    ),
    Fault("no lock at all", apply_module, "            if changes.has_lock(cluster):", "            if True:"),
    Fault(
        "the lock is not given back",
        apply_module,
        "            self._release_lock()\n\n    def _run",
        "            pass\n\n    def _run",
    ),
    Fault(
        "a lost answer is requested again without a look",
        attempts,
        "        if step is None or not is_done(cluster, step):",
        "        if True:",
    ),
    Fault(
        "an unknown outcome counts as done",
        attempts,
        "            return self._look_again(error, step)",
        "            return LookAgain(0.0)",
    ),
    Fault(
        "retries without end", attempts, "        if self._uncertain >= MOST_UNCERTAIN_ATTEMPTS:", "        if False:"
    ),
    Fault(
        "no pause between attempts", changes_module, "            self._clock.sleep(reaction.pause)", "            pass"
    ),
    Fault(
        "somebody else's change counts as ours",
        attempts,
        "        if error.code in OVERTAKEN and not self._is_retry:",
        "        if False:",
    ),
    Fault("the same member is asked again", attempts, "            self.turned_down += 1", "            pass"),
    Fault(
        "a final answer is tried again",
        attempts,
        "        return Fail(error)\n\n    def",
        "        return self._look_again(error, step)\n\n    def",
    ),
    Fault(
        "an unsettled cluster is waited for without end",
        attempts,
        "server_words), SECONDS_TO_SETTLE)",
        "server_words), 10_000.0)",
    ),
    Fault(
        "check mode goes on",
        apply_module,
        "            if not verdict.steps or self._check_mode:",
        "            if not verdict.steps:",
    ),
    Fault("the next id is asked for too early", attempts, "SECONDS_TO_ANOTHER_ID if is_id_taken", "0.0 if is_id_taken"),
    Fault(
        "a lost lock is taken for held",
        lock,
        "            self._uncertain += 1\n",
        "            self.is_unavailable = True\n            return True\n",
    ),
]


def every_test() -> list[Callable[[], None]]:
    """All tests of this file that need no parameter, and every case."""
    alone = [
        function
        for name, function in globals().items()
        if name.startswith("test_") and not inspect.signature(function).parameters
    ]
    return alone + [lambda case=case: check(case) for case in CASES]


def fails(test: Callable[[], None]) -> bool:
    try:
        test()
    except (AssertionError, EtcdError, KeyError, ValueError):
        return True
    return False


def plant(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on `apply` is one with the fault, made of fresh modules."""
    source = inspect.getsource(fault.module)
    assert source.count(fault.right) == 1, "the fault is about code that is not there any more"
    fresh: dict[str, Any] = {}
    for module in (lock, attempts, changes_module, apply_module):
        made = ModuleType(module.__name__)
        made.__package__ = module.__package__
        text = source.replace(fault.right, fault.wrong) if module is fault.module else inspect.getsource(module)
        monkeypatch.setitem(sys.modules, module.__name__, made)
        exec(compile(text, fault.name, "exec"), vars(made))  # noqa: S102
        fresh[module.__name__] = made
    monkeypatch.setattr(apply_module, "apply", fresh[apply_module.__name__].apply)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_planted_fault_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch):
    plant(fault, monkeypatch)
    assert any(fails(test) for test in every_test())


def test_fresh_modules_without_a_fault_pass(monkeypatch: pytest.MonkeyPatch):
    """So the test above finds the faults, and not the planting."""
    plant(Fault("none", attempts, "class Attempts", "class Attempts"), monkeypatch)
    assert not any(fails(test) for test in every_test())
