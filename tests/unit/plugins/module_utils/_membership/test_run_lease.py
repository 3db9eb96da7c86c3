# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may take, renew and release the lease of a cluster, by what the host has recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.run_lease import (
    Holder,
    Instant,
    Lease,
    holder_data,
    holder_of,
    is_fresh,
    lease_data,
    lease_of,
    release,
    renew,
    take,
)

ALICE = Holder(
    run_id="alice",
    host="ci-7",
    user="alice",
    playbook="quorum.etcd.restart",
    play="Restart the etcd members of the group one at a time",
    since="2026-11-27 18:40:12 UTC",
    process=4711,
    process_start="3664635",
    boot_id="boot of ci-7",
    pid_namespace="pid:[4026531836]",
)
# Another run on the same controller, one in a container there, one on another controller, and two on systems that
# do not tell where a process is a process.
BESIDE = replace(ALICE, run_id="beside", since="2026-11-27 18:50:00 UTC", process=4800)
IN_A_CONTAINER = replace(BESIDE, run_id="container", pid_namespace="pid:[4026532000]")
BOB = replace(BESIDE, run_id="bob", host="ci-8", user="bob", boot_id="boot of ci-8")
ON_A_MAC, ALSO_ON_A_MAC = (replace(BOB, run_id=name, boot_id="", pid_namespace="") for name in ("mac", "also"))

TTL = 420.0
TAKEN = Instant("boot of n1", 1000.0)
SOON = Instant("boot of n1", 1419.0)
LATE = Instant("boot of n1", 1420.0)
AFTER_A_RESTART = Instant("next boot of n1", 1100.0)
HELD = Lease(ALICE, TTL, TAKEN)
RELEASED = replace(HELD, is_released=True)


@pytest.mark.parametrize(
    ("found", "wanted", "now", "dead_run"),
    [
        pytest.param(None, BOB, SOON, "", id="nobody has it"),
        pytest.param(RELEASED, BOB, SOON, "", id="it was released"),
        pytest.param(HELD, BOB, LATE, "", id="it has ended, and its holder is elsewhere"),
        pytest.param(HELD, IN_A_CONTAINER, LATE, "", id="it has ended, and its holder is in another container"),
        pytest.param(HELD, BOB, AFTER_A_RESTART, "", id="the host was booted since"),
        pytest.param(HELD, BESIDE, SOON, "alice", id="its holder was a process here, and is dead"),
        pytest.param(Lease(ON_A_MAC, TTL, TAKEN), ALSO_ON_A_MAC, LATE, "", id="it has ended, and nobody knows more"),
    ],
)
def test_a_lease_is_taken(found, wanted, now, dead_run):
    assert take(found, wanted, TTL, now, dead_run) == Lease(wanted, TTL, now)


@pytest.mark.parametrize(
    ("found", "wanted", "now", "dead_run", "way_out"),
    [
        (HELD, BOB, SOON, "", "its lease ends by itself in 1 s"),
        (HELD, IN_A_CONTAINER, TAKEN, "", "its lease ends by itself in 420 s"),
        (HELD, BOB, SOON, "alice", "its lease ends by itself in 1 s"),
        (HELD, BESIDE, SOON, "", "end process 4711 on ci-7"),
        (HELD, BESIDE, LATE, "", "end process 4711 on ci-7"),
        (HELD, BESIDE, AFTER_A_RESTART, "", "end process 4711 on ci-7"),
        (HELD, BESIDE, SOON, "an earlier run", "end process 4711 on ci-7"),
        (Lease(ON_A_MAC, TTL, TAKEN), ALSO_ON_A_MAC, SOON, "", "its lease ends by itself in 1 s"),
    ],
)
def test_a_lease_of_another_run_is_refused_by_the_name_of_that_run(found, wanted, now, dead_run, way_out):
    refused = take(found, wanted, TTL, now, dead_run)
    assert isinstance(refused, Refusal)
    assert refused.code == "run_in_progress"
    assert str(found.holder) in refused.message
    assert "etcd_cluster_wait_for_run" in refused.next_step
    assert way_out in refused.next_step


def test_a_run_is_named_by_host_user_playbook_play_process_and_time():
    assert str(ALICE) == (
        'quorum.etcd.restart (play "Restart the etcd members of the group one at a time"), which alice runs on ci-7 '
        "since 2026-11-27 18:40:12 UTC as process 4711"
    )


@pytest.mark.parametrize("now", [SOON, LATE, AFTER_A_RESTART])
@pytest.mark.parametrize("ask", [take, renew])
def test_a_run_renews_its_own_lease_also_after_it_has_ended_and_is_known_since_its_beginning(ask, now):
    later = replace(ALICE, since="2026-11-27 18:59:00 UTC", play="The next play")
    assert ask(HELD, later, TTL, now) == Lease(replace(later, since=ALICE.since), TTL, now)


@pytest.mark.parametrize(
    ("age", "ttl", "fresh"),
    [(0, 420, True), (34.9, 420, True), (35, 420, False), (4.9, 60, True), (5, 60, False), (-1, 420, False)],
)
def test_a_lease_need_not_be_renewed_before_a_twelfth_of_its_time_is_over(age, ttl, fresh):
    assert is_fresh(age, ttl) is fresh


def test_a_host_that_was_booted_during_the_run_gives_it_the_lease_again():
    assert renew(None, ALICE, TTL, AFTER_A_RESTART) == Lease(ALICE, TTL, AFTER_A_RESTART)


@pytest.mark.parametrize("found", [HELD, RELEASED], ids=["in progress", "ended"])
@pytest.mark.parametrize("now", [SOON, LATE])
def test_a_run_that_another_one_has_followed_goes_no_further(found, now):
    refused = renew(found, BOB, TTL, now)
    assert isinstance(refused, Refusal)
    assert refused.code == "lease_lost"
    assert str(ALICE) in refused.message
    assert "stopped before its next move" in refused.next_step


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [(HELD, ALICE, RELEASED), (RELEASED, ALICE, RELEASED), (HELD, BOB, None), (RELEASED, BOB, None), (None, BOB, None)],
)
def test_a_run_releases_its_own_lease_and_no_other(found, wanted, expected):
    assert release(found, wanted) == expected


@pytest.mark.parametrize(
    ("lease", "now", "left"),
    [(HELD, SOON, 1.0), (HELD, LATE, 0.0), (HELD, AFTER_A_RESTART, 0.0), (RELEASED, SOON, 0.0)],
)
def test_how_long_a_lease_lasts(lease, now, left):
    assert lease.seconds_left(now) == left


@pytest.mark.parametrize("lease", [HELD, RELEASED])
def test_a_lease_is_what_it_was_recorded_as(lease):
    assert lease_of(lease_data(lease)) == lease
    assert holder_of(holder_data(lease.holder)) == lease.holder


@pytest.mark.parametrize("missing", ["holder", "ttl", "renewed_at", "is_released"])
def test_data_that_are_none_of_a_lease_are_not_read_as_one(missing):
    with pytest.raises(KeyError):
        lease_of({name: value for name, value in lease_data(HELD).items() if name != missing})


@pytest.mark.parametrize("refused", [take(HELD, BOB, TTL, SOON), renew(HELD, BOB, TTL, SOON)])
def test_the_page_about_refusals_has_the_words_of_these(refused):
    page = (Path(__file__).resolve().parents[5] / "docs" / "refusals.md").read_text()
    assert f"> {refused.message}" in " ".join(page.split())
