# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a container or network is: labels, and the removal of what a run that is gone has left.

Only what carries the project's label is ever looked at, and only what this run made, or a run whose process is gone,
is removed. A run of another machine or process namespace that uses the same engine counts as living.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import os
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import docker
import docker.errors

from .engine import asking

PROJECT = "quorum.etcd.project"
RUN = "quorum.etcd.run"
OWNER = "quorum.etcd.owner"
FOLDER = "quorum.etcd.folder"
"""Which project: that of a run, or of a lab."""
LAB = "quorum.etcd.lab"
"""Which lab; see :mod:`tests.testbed.docker.lab`."""
REMOVERS = 16
ATTEMPTS = 3
SECONDS_BETWEEN_ATTEMPTS = 0.5


@dataclass(frozen=True)
class Owner:
    """A process, told apart from any other: also from a later one with the same number, and from those of other
    machines.
    """

    machine: str
    boot: str
    namespace: str
    pid: int
    started: str

    @classmethod
    def this_process(cls) -> Owner:
        return cls(
            machine=_first_line("/etc/machine-id") or socket.gethostname(),
            boot=_first_line("/proc/sys/kernel/random/boot_id"),
            namespace=os.readlink("/proc/self/ns/pid"),
            pid=os.getpid(),
            started=_start_time(os.getpid()),
        )

    @classmethod
    def parse(cls, label: str) -> Owner | None:
        parts = label.split("/")
        if len(parts) != 5 or not parts[3].isdigit():
            return None
        return cls(parts[0], parts[1], parts[2], int(parts[3]), parts[4])

    def __str__(self) -> str:
        return f"{self.machine}/{self.boot}/{self.namespace}/{self.pid}/{self.started}"

    def is_gone(self) -> bool:
        """Whether the process is known to have ended."""
        here = Owner.this_process()
        if self.machine != here.machine:
            return False
        if self.boot != here.boot:
            return True
        return self.namespace == here.namespace and _start_time(self.pid) != self.started


def _first_line(path: str) -> str:
    with contextlib.suppress(OSError):
        return Path(path).read_text().strip()
    return ""


def _start_time(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty if there is none (a zombie has ended, too)."""
    with contextlib.suppress(OSError):
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else fields[18]
    return ""


@functools.cache
def _run_of(_pid: int) -> str:
    return uuid.uuid4().hex[:8]


def run_id() -> str:
    """The name of this run; a forked child is a run of its own."""
    return _run_of(os.getpid())


def project_folder() -> str:
    """What tells two clones on one engine apart: the folder in which Molecule was called, else the one that this
    process works in.
    """
    return os.path.realpath(os.environ.get("MOLECULE_PROJECT_DIRECTORY") or os.getcwd())


def labels() -> dict[str, str]:
    """What everything made by this run carries."""
    return {PROJECT: "test", RUN: run_id(), OWNER: str(Owner.this_process()), FOLDER: project_folder()}


def lab_labels(lab: str) -> dict[str, str]:
    """What everything of a lab carries: it stays when the process that made it ends, until it is destroyed by name."""
    return {PROJECT: "lab", LAB: lab, FOLDER: project_folder()}


def remove_leftovers(client: docker.DockerClient) -> list[str]:
    """Removes what runs that are gone have left, and returns the names."""
    with asking("look for leftovers of earlier runs"):
        containers, networks = _found(client, PROJECT)

    def is_leftover(found: dict) -> bool:
        owner = Owner.parse((found["Labels"] or {}).get(OWNER, ""))
        return owner is not None and owner.is_gone()

    return _remove(
        client, [each for each in containers if is_leftover(each)], [each for each in networks if is_leftover(each)]
    )


def remove_labelled(client: docker.DockerClient, label: str, value: str) -> list[str]:
    """Removes everything of this project on which the label has that value, and returns the names."""
    with asking("look for containers and networks"):
        containers, networks = _found(client, f"{label}={value}")
    return _remove(client, containers, networks)


def remove_labs_of_this_project(client: docker.DockerClient) -> list[str]:
    """Removes the hosts of every Molecule scenario of this project, those of a running one too."""
    folder = project_folder()
    with asking("look for the hosts of Molecule scenarios"):
        containers, networks = _found(client, LAB)

    def is_ours(found: dict) -> bool:
        return found["Labels"].get(FOLDER) == folder

    return _remove(client, [each for each in containers if is_ours(each)], [each for each in networks if is_ours(each)])


def _found(client: docker.DockerClient, label: str) -> tuple[list[dict], list[dict]]:
    filters = {"label": [PROJECT, label]}
    return client.api.containers(all=True, filters=filters), client.api.networks(filters=filters)


def _remove(client: docker.DockerClient, containers: list[dict], networks: list[dict]) -> list[str]:
    if not containers and not networks:
        return []
    with asking("remove containers and networks"), concurrent.futures.ThreadPoolExecutor(REMOVERS) as pool:
        list(pool.map(functools.partial(remove_container, client), [each["Id"] for each in containers]))
        went = list(pool.map(functools.partial(remove_network, client), [each["Id"] for each in networks]))
    return [each["Names"][0].lstrip("/") for each in containers] + [
        each["Name"] for each, gone in zip(networks, went, strict=True) if gone
    ]


def remove_container(client: docker.DockerClient, container: str) -> None:
    """Removes a container, running or not, also one that somebody else is just removing."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            client.api.remove_container(container, force=True, v=True)
            return
        except docker.errors.APIError as error:
            if _is_being_removed(error):
                return
            # An engine under load reports that a container it just killed has not ended; it has when asked again.
            if attempt == ATTEMPTS or not error.is_server_error():
                raise
        time.sleep(SECONDS_BETWEEN_ATTEMPTS)


def remove_network(client: docker.DockerClient, network: str) -> bool:
    """Removes a network whose containers are gone, and says whether it could.

    An engine may count an endpoint that no longer exists (moby 20.10, under load, when containers come and go at once)
    and then keeps the network until it is restarted. That hurts nobody, so it is no failure.
    """
    try:
        client.api.remove_network(network)
    except docker.errors.NotFound:
        return True
    except docker.errors.APIError as error:
        if "active endpoints" not in str(error.explanation):
            raise
        return False
    return True


def _is_being_removed(error: docker.errors.APIError) -> bool:
    return error.status_code == 404 or (error.status_code == 409 and "already in progress" in str(error.explanation))
