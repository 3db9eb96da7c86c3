# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that records the lease: who can write it, what is refused as one, and that of many at once one gets it."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.run_lease import Holder, Lease, release, take
from ansible_collections.quorum.etcd.plugins.module_utils._operations import lease_file
from ansible_collections.quorum.etcd.plugins.module_utils._operations.lease_file import LeaseProblem, change

ME = Holder("me", "ci-7", "alice", "quorum.etcd.deploy", "Deploy", "2026-11-27 18:40:12 UTC", 1, "1", "boot", "pid:[1]")
OTHER = replace(ME, run_id="other", boot_id="another boot")


def taken_by(directory: Path, holder: Holder, check: bool = False) -> Lease | Refusal | None:
    return change(str(directory), "etcd", lambda found, now: take(found, holder, 60, now), check)


def found_in(directory: Path) -> Lease | None:
    """The lease that a run finds there."""
    seen: list[Lease | None] = []

    def look(found: Lease | None, _now: object) -> None:
        seen.append(found)

    change(str(directory), "etcd", look, check=True)
    return seen[0]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_directory_and_the_file_are_for_their_owner_alone(tmp_path):
    directory = tmp_path / "quorum-etcd"
    earlier = os.umask(0)
    try:
        taken_by(directory, ME)
    finally:
        os.umask(earlier)
    assert (mode_of(directory), mode_of(directory / "etcd.lease")) == (0o700, 0o600)
    assert [path.name for path in directory.iterdir()] == ["etcd.lease"]


def test_a_lease_is_found_as_it_was_taken_until_it_is_released(tmp_path):
    taken = taken_by(tmp_path / "leases", ME)
    refused = taken_by(tmp_path / "leases", OTHER)
    change(str(tmp_path / "leases"), "etcd", lambda found, _now: release(found, ME))
    then = taken_by(tmp_path / "leases", OTHER)

    assert isinstance(taken, Lease)
    assert taken.holder == ME
    assert isinstance(refused, Refusal)
    assert isinstance(then, Lease)
    assert found_in(tmp_path / "leases") == then


def test_each_service_has_a_lease_of_its_own(tmp_path):
    taken_by(tmp_path / "leases", ME)
    other = change(str(tmp_path / "leases"), "events", lambda found, now: take(found, OTHER, 60, now))
    assert isinstance(other, Lease)


def test_check_mode_creates_and_writes_nothing(tmp_path):
    assert isinstance(taken_by(tmp_path / "leases", ME, check=True), Lease)
    assert not (tmp_path / "leases").exists()
    taken_by(tmp_path / "leases", ME)
    before = (tmp_path / "leases" / "etcd.lease").read_text()
    assert isinstance(taken_by(tmp_path / "leases", OTHER, check=True), Refusal)
    assert (tmp_path / "leases" / "etcd.lease").read_text() == before


def test_what_a_killed_run_left_beside_the_file_is_replaced(tmp_path):
    taken_by(tmp_path / "leases", ME)
    (tmp_path / "leases" / ".etcd.lease.new").write_text("half a")
    taken_by(tmp_path / "leases", ME)
    assert [path.name for path in (tmp_path / "leases").iterdir()] == ["etcd.lease"]


# -- what others have put there ----------------------------------------------------------------------------------------


def link_for_the_directory(directory: Path, elsewhere: Path) -> None:
    elsewhere.mkdir(mode=0o700)
    directory.symlink_to(elsewhere)


def file_for_the_directory(directory: Path, elsewhere: Path) -> None:
    directory.write_text("")


def directory_of_everybody(directory: Path, elsewhere: Path) -> None:
    directory.mkdir()
    directory.chmod(0o777)


def link_for_the_file(directory: Path, elsewhere: Path) -> None:
    elsewhere.write_text("what somebody needs")
    directory.mkdir(mode=0o700)
    (directory / "etcd.lease").symlink_to(elsewhere)


def half_a_file(directory: Path, elsewhere: Path) -> None:
    directory.mkdir(mode=0o700)
    (directory / "etcd.lease").write_text('{"holder": {')


def lease_of_another_release(directory: Path, elsewhere: Path) -> None:
    directory.mkdir(mode=0o700)
    (directory / "etcd.lease").write_text(json.dumps({"version": 2}))


def list_for_a_lease(directory: Path, elsewhere: Path) -> None:
    directory.mkdir(mode=0o700)
    (directory / "etcd.lease").write_text("[]")


@pytest.mark.parametrize(
    ("put", "says"),
    [
        (link_for_the_directory, "is not a directory. Remove it"),
        (file_for_the_directory, "is not a directory. Remove it"),
        (directory_of_everybody, "others can write in"),
        (link_for_the_file, "Too many levels of symbolic links"),
        (half_a_file, "is not a lease of this release. Remove it if no run is in progress"),
        (lease_of_another_release, "is not a lease of this release"),
        (list_for_a_lease, "is not a lease of this release"),
    ],
)
def test_what_is_no_lease_is_refused_and_left_alone(tmp_path, put, says):
    put(tmp_path / "leases", tmp_path / "elsewhere")
    before = {path: path.read_text() if path.is_file() else "" for path in sorted(tmp_path.rglob("*"))}
    with pytest.raises(LeaseProblem) as caught:
        taken_by(tmp_path / "leases", ME)
    assert says in str(caught.value)
    assert str(tmp_path / "leases") in str(caught.value)
    assert {path: path.read_text() if path.is_file() else "" for path in sorted(tmp_path.rglob("*"))} == before


def test_a_directory_of_another_user_is_refused(tmp_path, monkeypatch):
    (tmp_path / "leases").mkdir(mode=0o700)
    monkeypatch.setattr(lease_file.os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(LeaseProblem, match="others can write in"):
        taken_by(tmp_path / "leases", ME)


def test_a_directory_without_its_parent_is_refused(tmp_path):
    with pytest.raises(LeaseProblem, match=r"No such file or directory[.] Correct that"):
        taken_by(tmp_path / "missing" / "leases", ME)


# -- many at once ------------------------------------------------------------------------------------------------------

RACES = 60
RACERS = 4


def race(
    directory: str, number: int, barrier: multiprocessing.synchronize.Barrier, wins: multiprocessing.Queue
) -> None:
    """Tries to take each lease at the same moment as the others."""
    holder = replace(ME, run_id=str(number), boot_id=str(number))
    for one in range(RACES):
        barrier.wait(30)
        decision = change(directory, f"race-{one}", lambda found, now: take(found, holder, 60, now))
        if isinstance(decision, Lease):
            wins.put((one, number))


def test_of_many_runs_at_once_exactly_one_takes_the_lease(tmp_path):
    context = multiprocessing.get_context("fork")
    barrier, wins = context.Barrier(RACERS), context.Queue()
    racers = [
        context.Process(target=race, args=(str(tmp_path / "leases"), number, barrier, wins)) for number in range(RACERS)
    ]
    for racer in racers:
        racer.start()
    won = [wins.get(timeout=60) for _ in range(RACES)]
    for racer in racers:
        racer.join(60)

    assert wins.empty()
    assert sorted(one for one, _number in won) == list(range(RACES))
    for one, number in won:
        assert json.loads((tmp_path / "leases" / f"race-{one}.lease").read_text())["holder"]["run_id"] == str(number)


def test_a_lock_that_is_not_given_up_is_waited_for_with_a_bound(tmp_path, monkeypatch):
    taken_by(tmp_path / "leases", ME)
    monkeypatch.setattr(lease_file, "SECONDS_FOR_THE_LOCK", 0.1)
    folder = os.open(tmp_path / "leases", os.O_RDONLY)
    lease_file.fcntl.flock(folder, lease_file.fcntl.LOCK_EX)
    try:
        with pytest.raises(LeaseProblem, match="another process has locked"):
            taken_by(tmp_path / "leases", ME)
    finally:
        os.close(folder)
