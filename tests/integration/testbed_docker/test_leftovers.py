# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever ends a run, its containers and networks go, and nobody else's."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import docker
import pytest

from tests.testbed import waiting
from tests.testbed.docker.ownership import (
    LAB,
    OWNER,
    PROJECT,
    RUN,
    Owner,
    lab_labels,
    labels,
    remove_labelled,
    remove_labs_of_this_project,
    remove_leftovers,
)
from tests.testbed.images import recipe

SECONDS = 30
PROGRAM = """
import sys
from tests.testbed import Cluster, session
from tests.testbed.docker.ownership import run_id
with Cluster(size=2, backend="docker", timing="default") as cluster:
    print(run_id(), session.current().supervisor_pid, *cluster.endpoints, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Run:
    """A test run in a process of its own, that holds a cluster until it is told to end."""

    process: subprocess.Popen
    run_id: str
    supervisor: int
    endpoints: tuple[str, ...]


@pytest.fixture
def start_run(engine) -> Iterator:
    processes: list[subprocess.Popen] = []

    def start() -> Run:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout is not None
        run_id, supervisor, *endpoints = process.stdout.readline().split()
        return Run(process, run_id, int(supervisor), tuple(endpoints))

    yield start
    for process in processes:
        process.communicate(timeout=SECONDS)


@pytest.fixture
def make_container(engine) -> Iterator:
    """Makes a container, not started, with these labels."""
    made: list[str] = []

    def make(container_labels: dict[str, str]) -> str:
        made.append(
            engine.api.create_container(
                recipe.image_name(), name=f"left-{uuid.uuid4().hex[:8]}", labels=container_labels
            )["Id"]
        )
        return made[-1]

    yield make
    for container in made:
        try:
            engine.api.remove_container(container, force=True)
        except docker.errors.NotFound:
            continue


def what_is_left_of(engine: docker.DockerClient, run: Run) -> list[str]:
    filters = {"label": f"{RUN}={run.run_id}"}
    return [
        each["Id"]
        for each in (*engine.api.containers(all=True, filters=filters), *engine.api.networks(filters=filters))
    ]


def gone() -> Owner:
    """A process of this machine that has ended."""
    return dataclasses.replace(Owner.this_process(), started="1")


def exists(engine: docker.DockerClient, container: str) -> bool:
    return any(each["Id"] == container for each in engine.api.containers(all=True))


def test_a_run_leaves_nothing(engine, start_run):
    run = start_run()
    assert len(what_is_left_of(engine, run)) == 3
    run.process.communicate(timeout=SECONDS)
    assert run.process.returncode == 0
    assert what_is_left_of(engine, run) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_run_that_is_killed_leaves_nothing(engine, start_run, number):
    run = start_run()
    run.process.send_signal(number)
    run.process.wait(SECONDS)
    waiting.until(
        "the containers of the killed run to go", lambda: ", ".join(what_is_left_of(engine, run)) or None, SECONDS
    )


def test_a_run_that_crashed_with_its_supervisor_is_cleaned_up_by_the_next_and_a_living_one_is_not(engine, start_run):
    crashed, living = start_run(), start_run()
    os.kill(crashed.supervisor, signal.SIGKILL)
    crashed.process.kill()
    crashed.process.wait(SECONDS)
    assert len(what_is_left_of(engine, crashed)) == 3

    removed = remove_leftovers(engine)

    assert len([name for name in removed if crashed.run_id in name]) == 3
    assert what_is_left_of(engine, crashed) == []
    assert len(what_is_left_of(engine, living)) == 3


def test_two_runs_at_the_same_time_do_not_meet(start_run):
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: start_run(), range(2))
    assert one.run_id != other.run_id
    assert not set(one.endpoints) & set(other.endpoints)


def test_a_network_that_a_crashed_run_left_is_removed(engine):
    name = f"left-{uuid.uuid4().hex[:8]}"
    engine.api.create_network(name, labels={**labels(), OWNER: str(gone())})
    assert name in remove_leftovers(engine)
    assert engine.networks.list(names=[name]) == []


def test_what_is_not_the_projects_is_never_touched(engine, make_container):
    foreign = make_container({"somebody": "else"})
    alike = make_container({OWNER: str(gone()), RUN: "deadbeef"})
    unreadable = make_container({PROJECT: "test", OWNER: "what is this"})
    lab = make_container(lab_labels("a scenario that Molecule is running"))
    elsewhere = make_container({**labels(), OWNER: str(dataclasses.replace(gone(), machine="another-machine"))})
    remove_leftovers(engine)
    assert all(exists(engine, container) for container in (foreign, alike, unreadable, lab, elsewhere))


def test_a_lab_is_removed_by_its_own_name_only(engine, make_container):
    ours, others = make_container(lab_labels("/checkout|ours")), make_container(lab_labels("/checkout|ours-too"))
    remove_labelled(engine, LAB, "/checkout|ours")
    assert not exists(engine, ours)
    assert exists(engine, others)


def test_cleaning_up_a_project_leaves_the_labs_of_another(engine, make_container, monkeypatch):
    made = {}
    for project in ("/clones/one", "/clones/other"):
        monkeypatch.setenv("MOLECULE_PROJECT_DIRECTORY", project)
        made[project] = make_container(lab_labels(f"{project}|scenario"))
    remove_labs_of_this_project(engine)
    assert exists(engine, made["/clones/one"])
    assert not exists(engine, made["/clones/other"])


def test_two_runs_may_clean_up_the_same_leftovers(engine, make_container):
    left = [make_container({**labels(), OWNER: str(gone())}) for _ in range(6)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: remove_leftovers(engine), range(3)))
    assert not any(exists(engine, container) for container in left)


@pytest.mark.parametrize(
    ("change", "is_gone"),
    [
        ({}, False),
        ({"started": "1"}, True),  # its number was given to another process
        ({"pid": 2**22 + 1}, True),
        ({"boot": "an-earlier-boot"}, True),
        ({"machine": "another"}, False),
        ({"machine": "another", "boot": "another"}, False),
        ({"namespace": "pid:[1]", "started": "1"}, False),  # a container's process: its number says nothing here
    ],
)
def test_whether_an_owner_is_gone(change, is_gone):
    owner = dataclasses.replace(Owner.this_process(), **change)
    assert Owner.parse(str(owner)) == owner
    assert owner.is_gone() is is_gone


@pytest.mark.parametrize("label", ["", "a/b", "a/b/c/not-a-number/1", "a/b/c/1/2/3"])
def test_a_label_that_names_no_owner(label):
    assert Owner.parse(label) is None
