# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this machine can run the tests' containers: asked once, answered in one line, within two seconds where
nothing else runs.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import docker
import docker.errors
import requests.exceptions

from ..backend import BackendAbsent, BackendUnavailable
from ..images import recipe
from ..programs import PACKAGE
from .engine import CALL_SECONDS, connect, engine_address, patience, why_unreachable

BUDGET_SECONDS = 1.8
"""For all answers together, where nothing else runs."""
FREE_BYTES = 500 * 1000 * 1000
"""What a few clusters write at most, with room for the engine's own needs."""


@dataclass(frozen=True)
class Engine:
    """An engine that passed the preflight, and what the tests have to know of it."""

    client: docker.DockerClient
    cgroup_version: int
    publishes_ports: bool
    """Its containers' addresses are not reachable from here (rootless, or in a virtual machine); ports of 127.0.0.1
    are.
    """


def engine_for_clusters(image: str) -> Engine:
    """The engine, able to run containers of this image. Raises BackendUnavailable."""
    return _examined(os.getpid(), os.environ.get("DOCKER_HOST", ""), (image,))


def engine_for_labs(images: Sequence[str]) -> Engine:
    """The same for Molecule, which also needs Ansible's connection to containers."""
    require_connection_plugin()
    return _examined(os.getpid(), os.environ.get("DOCKER_HOST", ""), tuple(images))


@functools.cache
def _examined(_process: int, _docker_host: str, images: tuple[str, ...]) -> Engine:
    require_local_engine()
    deadline = time.monotonic() + patience(BUDGET_SECONDS)
    client = connect()
    try:
        # The budget is for all the answers together: an engine may stop answering after the first.
        _allow(client, deadline)
        info = client.info()
        for image in images:
            _allow(client, deadline)
            require_image(client, image)
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise BackendUnavailable(why_unreachable(error, engine_address())) from error
    require_disk(Path(info.get("DockerRootDir") or "/"), free_bytes)
    client.api.timeout = CALL_SECONDS
    return Engine(client, int(info.get("CgroupVersion") or 1), _hides_containers(info))


def _allow(client: docker.DockerClient, deadline: float) -> None:
    client.api.timeout = max(0.1, deadline - time.monotonic())  # type: ignore[assignment]


def require_image(client: docker.DockerClient, image: str) -> None:
    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        raise BackendAbsent(f"the Docker engine has no image {image}; {_how_to_get(image)}") from None


def _how_to_get(image: str) -> str:
    if os.environ.get(recipe.OVERRIDE) == image:
        return f"pull or build it, or unset {recipe.OVERRIDE}"
    return f"make it: python -m {PACKAGE}.images build"


def require_local_engine() -> None:
    """Clients of the tests talk to the containers themselves, which only works beside them."""
    address = os.environ.get("DOCKER_HOST", "")
    host = address.partition("://")[2].rpartition("@")[2].partition(":")[0]
    if address.startswith(("tcp://", "ssh://", "http")) and host not in ("127.0.0.1", "localhost"):
        raise BackendUnavailable(
            f"DOCKER_HOST={address} is an engine on another machine, whose containers cannot be reached from "
            "here; run the tests there"
        )


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def require_disk(root: Path, free_below: Callable[[Path], int]) -> None:
    """Where the engine's folder can be seen from here, it has to have room."""
    try:
        free = free_below(root)
    except OSError:
        return
    if free < FREE_BYTES:
        raise BackendUnavailable(
            f"only {free // 1000000} MB are free on the disk of the Docker engine ({root}); make room, e.g. "
            "docker system prune"
        )


def require_connection_plugin() -> None:
    """Ansible reaches the containers through community.docker, which calls the docker command."""
    roots = [
        *sys.path,
        *os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":"),
        "~/.ansible/collections",
        "/usr/share/ansible/collections",
    ]
    plugin = "ansible_collections/community/docker/plugins/connection/docker.py"
    if not any(root and Path(root).expanduser().joinpath(plugin).is_file() for root in roots):
        raise BackendAbsent("the collection community.docker is missing; `make environment` brings it")
    if not shutil.which("docker"):
        raise BackendAbsent(
            "the docker command is not on PATH, and Ansible's connection to containers needs it; install the "
            "Docker client"
        )


def _hides_containers(info: dict) -> bool:
    rootless = any("rootless" in option for option in info.get("SecurityOptions") or [])
    return rootless or "Docker Desktop" in info.get("OperatingSystem", "")
