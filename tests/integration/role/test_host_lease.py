# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of Ansible that want to change the same cluster: each is a process of its own, as two pipelines are."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible_playbook import MARK, ansible_environment, end_workers
from tests.integration.modules.driver import run_main
from tests.integration.modules.module_process import ModuleProcess
from tests.testbed import waiting

WORKING = "Waits in the middle"


class Lab:
    """A host, which is this machine, and the runs on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.leases = folder / "leases"
        self.moved = folder / "moved"

    def start(
        self, *arguments: str, ttl: int = 60, wait_timeout: int = 0, seconds: float = 0, remembers: bool = False
    ) -> subprocess.Popen:
        """Starts a run: it takes the lease, works, renews the lease, makes its move, and releases the lease.

        One that remembers tells the renewal what taking the lease has returned.
        """
        lease = {"name": "etcd", "directory": str(self.leases), "ttl": ttl}
        last = {"last": "{{ taken }}"} if remembers else {}
        patience = {"wait_timeout": wait_timeout}
        play = {
            "name": "Roll over the members",
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {
                    "name": "Roll",
                    "block": [
                        {
                            "name": "Take",
                            "quorum.etcd.etcd_host_lease": {**lease, **patience},
                            "register": "taken",
                        },
                        {"name": WORKING, "ansible.builtin.command": f"sleep {seconds}"},
                        {"name": "Renew", "quorum.etcd.etcd_host_lease": {**lease, **last, "state": "renewed"}},
                        {"name": "Move", "ansible.builtin.shell": f"echo moved >> {self.moved}"},
                    ],
                    "always": [{"name": "Release", "quorum.etcd.etcd_host_lease": {**lease, "state": "absent"}}],
                }
            ],
        }
        playbook = self.folder / f"roll-{ttl}-{wait_timeout}-{seconds}-{remembers}.yml"
        playbook.write_text(yaml.safe_dump([play]))
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook), *self._common(), *arguments],
            env={
                **os.environ,
                **ansible_environment(self.folder),
                "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
                MARK: str(self.folder),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @staticmethod
    def _common() -> list[str]:
        return ["-i", "localhost,", "-c", "local", "-v"]

    def run(self, *arguments: str, **options: Any) -> tuple[int, str]:
        """A run from its beginning to its end: its exit code and what it printed."""
        process = self.start(*arguments, **options)
        said, _none = process.communicate(timeout=60)
        return process.returncode, " ".join(said.split())

    @contextlib.contextmanager
    def in_progress(self, **options: Any) -> Iterator[subprocess.Popen]:
        """A run that has taken the lease and works; killed at the end."""
        process = self.start(seconds=60, **options)
        try:
            self.until_taken_by(getpass.getuser())
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            # Its workers have sessions of their own.
            end_workers(os.fsencode(f"{MARK}={self.folder}\0"))
            process.communicate(timeout=30)

    def until_taken_by(self, user: str) -> None:
        path = self.leases / "etcd.lease"
        waiting.until("the lease", lambda: None if path.exists() and user in path.read_text() else "none of it", 60)

    @property
    def lease(self) -> dict[str, Any]:
        return json.loads((self.leases / "etcd.lease").read_text())

    def held_elsewhere(self, **changes: Any) -> None:
        """The lease as it would be if another controller had taken it now."""
        run_main("etcd_host_lease", {"name": "etcd", "directory": str(self.leases), "holder": ELSEWHERE, **changes})

    def held_elsewhere_whatever_is_there(self) -> None:
        (self.leases / "etcd.lease").unlink()
        self.held_elsewhere(ttl=3600.0)


ELSEWHERE = {
    "run_id": "elsewhere",
    "host": "ci-8",
    "user": "bob",
    "playbook": "quorum.etcd.upgrade",
    "play": "Upgrade",
    "since": "2026-11-27 18:40:12 UTC",
    "process": 4711,
    "process_start": "1",
    "boot_id": "another boot",
    "pid_namespace": "pid:[1]",
}
BY_NAME = 'quorum.etcd.upgrade (play "Upgrade"), which bob runs on ci-8 since 2026-11-27 18:40:12 UTC as process 4711'


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def test_a_run_takes_the_lease_moves_and_releases_it_and_changes_nothing_else(lab):
    code, said = lab.run()
    assert code == 0, said
    assert "changed=2" in said  # the two commands
    assert lab.lease["is_released"]
    assert lab.lease["holder"]["play"] == "Roll over the members"


def test_a_second_run_is_refused_by_name_of_the_first_and_moves_nothing(lab):
    with lab.in_progress() as first:
        before = lab.lease
        code, said = lab.run()
        assert first.poll() is None
        assert lab.lease == before

    assert code == 2
    assert "Refused (run_in_progress)" in said
    for word in (before["holder"]["host"], before["holder"]["user"], before["holder"]["since"], f"process {first.pid}"):
        assert word in said
    assert "Roll over the members" in said
    assert not lab.moved.exists()


def test_check_mode_takes_nothing_and_warns_of_a_run_in_progress(lab):
    code, said = lab.run("--check")
    assert code == 0
    assert "WARNING" not in said
    assert not lab.leases.exists()

    lab.held_elsewhere()
    before = lab.lease
    code, said = lab.run("--check")
    assert code == 0
    assert f"Another run is changing this cluster: {' '.join(BY_NAME.split())}" in said.replace("[WARNING]: ", "")
    assert lab.lease == before


def test_a_run_that_was_killed_is_followed_at_once_on_its_controller(lab):
    with lab.in_progress(ttl=3600) as first:
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate(timeout=30)
        assert not lab.lease["is_released"]
        code, said = lab.run()
    assert code == 0, said
    assert lab.moved.read_text() == "moved\n"


def test_the_lease_of_another_controller_ends_by_itself_and_not_before(lab):
    lab.held_elsewhere(ttl=3600.0)
    code, said = lab.run()
    assert code == 2
    assert BY_NAME in said.replace('\\"', '"')
    assert "its lease ends by itself in " in said
    lab.held_elsewhere(ttl=1.0)
    time.sleep(1)
    code, said = lab.run()
    assert code == 0, said
    assert lab.moved.read_text() == "moved\n"


def test_a_run_waits_for_another_one_if_it_may_and_says_for_whom(lab):
    lab.held_elsewhere(ttl=3600.0)
    process = lab.start(wait_timeout=60)
    waits = next((line for line in process.stdout if "Waiting for another run" in line), "nothing")
    lab.held_elsewhere(state="absent")
    said, _none = process.communicate(timeout=60)

    assert re.fullmatch(rf"Waiting for another run to end \([0-9]+ of at most 60 s\): {re.escape(BY_NAME)}\n", waits)
    assert process.returncode == 0, said
    assert lab.moved.read_text() == "moved\n"


def test_a_run_waits_no_longer_than_it_may(lab):
    lab.held_elsewhere(ttl=300.0)
    began = time.monotonic()
    code, said = lab.run(wait_timeout=4)
    assert code == 2
    assert "Refused (run_in_progress)" in said
    assert 4 <= time.monotonic() - began < 20
    assert not lab.moved.exists()


def test_a_run_whose_lease_was_taken_stops_before_its_move_and_leaves_the_lease_alone(lab):
    process = lab.start(seconds=5, ttl=1)
    lab.until_taken_by(getpass.getuser())
    time.sleep(1)
    lab.held_elsewhere()
    said, _none = process.communicate(timeout=60)

    assert process.returncode == 2
    assert "Refused (lease_lost)" in said
    assert "ci-8" in said
    assert not lab.moved.exists()
    assert (lab.lease["holder"], lab.lease["is_released"]) == (ELSEWHERE, False)


@pytest.mark.parametrize(("ttl", "asked_again"), [(600, False), (1, True)])
def test_a_host_that_was_asked_just_before_is_not_asked_again(lab, ttl, asked_again):
    """What another run would have left there shows whether it was asked."""
    process = lab.start(ttl=ttl, seconds=2, remembers=True)
    lab.until_taken_by(getpass.getuser())
    lab.held_elsewhere_whatever_is_there()
    said, _none = process.communicate(timeout=60)
    assert ("Refused (lease_lost)" in said) is asked_again, said
    assert lab.moved.exists() is not asked_again


@pytest.mark.slow
def test_of_two_runs_that_begin_at_once_exactly_one_goes_on(lab):
    """Of the runs, the processes that take the lease on the host: they are what meets there."""
    for number in range(8):
        common = {"name": "etcd", "directory": str(lab.folder / str(number))}
        both = [
            ModuleProcess("etcd_host_lease", {**common, "holder": {**ELSEWHERE, "run_id": run_id}})
            for run_id in ("one", "other")
        ]
        outcomes = [one.wait() for one in both]
        assert sorted(run.ok for run in outcomes) == [False, True], outcomes
        assert [run.refusal for run in outcomes if not run.ok] == ["run_in_progress"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "../etcd"}, "'../etcd' is not the name of a unit"),
        ({"name": "etcd", "ttl": 0}, "ttl is 0: it has to be a number of at least 1"),
        ({"name": "etcd", "holder": None}, "holder is missing"),
    ],
)
def test_bad_input_gets_one_clear_error(tmp_path, arguments, says):
    given = {"directory": str(tmp_path / "leases"), "holder": ELSEWHERE, **arguments}
    run = run_main("etcd_host_lease", {name: value for name, value in given.items() if value is not None})
    assert not run.ok
    assert says in run.message
    assert not (tmp_path / "leases").exists()


# -- a group of hosts --------------------------------------------------------------------------------------------------


def fail_on_one(_lab: Lab) -> dict[str, Any]:
    return {"name": "Fail", "ansible.builtin.fail": {"msg": "it does"}, "when": "inventory_hostname == 'n2'"}


def fail_once(_lab: Lab) -> dict[str, Any]:
    return {"name": "Fail", "ansible.builtin.fail": {"msg": "it does"}, "run_once": True}


def lose_one(lab: Lab) -> dict[str, Any]:
    missing = "{{ '/missing/python' if inventory_hostname == 'n2' else ansible_playbook_python }}"
    return {
        "name": "Fail",
        "ansible.builtin.command": "true",
        "vars": {"ansible_python_interpreter": missing},
    }


@pytest.mark.parametrize("fault", [fail_on_one, fail_once, lose_one])
def test_a_run_that_fails_anywhere_releases_the_lease_on_every_host(lab, fault):
    def part_of_the_role(name: str) -> dict[str, Any]:
        role = {"name": "quorum.etcd.etcd_cluster", "tasks_from": f"common/{name}"}
        return {"name": name, "ansible.builtin.include_role": role}

    # All hosts are this machine, so each one gets a directory of its own.
    host = "{{ etcd_cluster__one | default(inventory_hostname) }}"
    block = {
        "name": "Roll",
        "any_errors_fatal": True,
        "vars": {"etcd_cluster_group": "all"},
        "module_defaults": {"quorum.etcd.etcd_host_lease": {"directory": f"{lab.folder}/{host}"}},
        "block": [part_of_the_role("take_lease"), fault(lab)],
        "always": [part_of_the_role("release_lease")],
    }
    playbook = lab.folder / "group.yml"
    playbook.write_text(
        yaml.safe_dump([{"hosts": "all", "gather_facts": False, "any_errors_fatal": True, "tasks": [block]}])
    )
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook), "-i", "n1,n2,n3", "-c", "local"],
        env={**os.environ, **ansible_environment(lab.folder), "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done.stdout
    assert {
        host: json.loads((lab.folder / host / "etcd.lease").read_text())["is_released"] for host in ("n1", "n2", "n3")
    } == {"n1": True, "n2": True, "n3": True}
