# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend whose hosts are containers, each with an address of its own in a network of the cluster's own."""

from __future__ import annotations

import concurrent.futures
import functools
import ipaddress
import itertools
import os
import shutil
import sys
import threading
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import docker

from .. import programs, releases, session
from ..backend import Backend, EtcdctlFailed, NotPartitionable
from ..images import recipe
from .engine import asking
from .host import CLIENT_PORT, ContainerHost, Setting
from .ownership import RUN, labels, remove_leftovers, remove_network, run_id
from .preflight import engine_for_clusters

ETCDCTL_SECONDS = 60
WORKERS = 8
MOST_ADDRESSES = 32
"""The engine gives a network's addresses in order; no test has more hosts than this."""
NAME = "quorum-etcd"
PROGRAMS = "/usr/bin"

_clusters = itertools.count(1)


@dataclass(frozen=True)
class Place:
    """Where the containers of one cluster live, and for how long."""

    prefix: str
    """What their names begin with; also the name of their network."""
    directory: Path
    labels: Mapping[str, str]
    kind: str = "node"
    outlives_run: bool = False
    capabilities: tuple[str, ...] = ()
    has_etcd: bool = True


class DockerBackend(Backend):
    """Needs an engine and the images of `python -m tests.testbed.images build`, or the one that ETCD_TEST_IMAGE
    names.
    """

    name = "docker"

    def __init__(self, version: str | None, *, partitionable: bool, place: Place | None = None) -> None:
        kind = place.kind if place else "node"
        image, release = recipe.image_name(kind), releases.find(version)
        engine = engine_for_clusters(image)
        self._client = engine.client
        place = place or place_of_this_run(self._client)
        self._closed = threading.Event()
        self._workers = concurrent.futures.ThreadPoolExecutor(WORKERS, thread_name_prefix="containers")
        self.hosts: dict[str, ContainerHost] = {}
        self._prefix = place.prefix
        self.directory = place.directory
        self.version = release.version
        with asking(f"create the network {self._prefix}"):
            self._network = self._client.api.create_network(self._prefix, driver="bridge", labels=dict(place.labels))[
                "Id"
            ]
            subnet = self._client.api.inspect_network(self._network)["IPAM"]["Config"][0]["Subnet"]
        addresses = itertools.islice(ipaddress.ip_network(subnet).hosts(), MOST_ADDRESSES)
        self.server_names = (*Backend.server_names, *map(str, addresses))
        self._setting = Setting(
            engine,
            image,
            self._prefix,
            self.directory,
            place.labels,
            programs_on_hosts(release) if place.has_etcd else {},
            partitionable,
            kind,
            capabilities=place.capabilities,
            outlives_run=place.outlives_run,
        )

    @property
    def publishes_ports(self) -> bool:
        """Whether the hosts are reached through ports of this machine, because their own addresses are not."""
        return self._setting.engine.publishes_ports

    def host(self, name: str) -> ContainerHost:
        host = ContainerHost(name, f"{self._prefix}-{name}", self._setting, self._workers)
        self.hosts[name] = host
        return host

    def block(self, links: Collection[tuple[str, str]]) -> None:
        """See Backend. The packets are dropped at the receiver, so a one-way cut starves the connections of both ways,
        as it does on a network.
        """
        if not self._setting.partitionable:
            raise NotPartitionable("build the cluster with partitionable=True to cut members off")
        sources = {
            name: [self.hosts[sender].address for sender, receiver in links if receiver == name] for name in self.hosts
        }
        list(self._workers.map(lambda name: self.hosts[name].drop_peer_traffic_from(sources[name]), sources))

    def etcdctl(self, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
        command = ["timeout", str(ETCDCTL_SECONDS), "etcdctl", *arguments]
        answer = next(iter(self.hosts.values())).run(command, self._as_seen_inside(environment))
        if answer.exit_code:
            raise EtcdctlFailed(
                answer.errors or answer.output.strip() or f"etcdctl did not end within {ETCDCTL_SECONDS} s"
            )
        return answer.output

    def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            removals = [pool.submit(host.remove) for host in self.hosts.values()]
        self._workers.shutdown(cancel_futures=True)
        shutil.rmtree(self.directory, ignore_errors=True)
        for removal in removals:
            removal.result()
        with asking(f"remove the network {self._prefix}"):
            if not remove_network(self._client, self._network):
                warnings.warn(
                    f"the engine keeps the network {self._prefix}, to which nothing is connected, until it is "
                    "restarted",
                    stacklevel=2,
                )

    def _as_seen_inside(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Ports that the engine publishes on this machine are not there for a container."""
        seen = dict(environment)
        for host in self.hosts.values():
            outside, inside = f"{host.client.host}:{host.client.port}", f"{host.address}:{CLIENT_PORT}"
            seen = {name: value.replace(outside, inside) for name, value in seen.items()}
        return seen


def place_of_this_run(client: docker.DockerClient) -> Place:
    """For one more cluster of this process, gone with it."""
    clean_up_after_this_run(os.getpid())
    remove_leftovers_once(os.getpid(), client)
    return Place(f"{NAME}-{run_id()}-{next(_clusters)}", session.current().new_directory(), labels())


def programs_on_hosts(release: releases.Release) -> dict[str, str]:
    """Where the programs of a release are mounted: their path here, by their path there, which is that of a package."""
    return {f"{PROGRAMS}/{program.name}": str(program) for program in release.programs}


@functools.cache
def remove_leftovers_once(_process: int, client: docker.DockerClient) -> None:
    remove_leftovers(client)


@functools.cache
def clean_up_after_this_run(_process: int) -> None:
    """Has the supervisor remove what is left of this run when its process is gone, whatever ended it."""
    program = (
        f"import sys; sys.path[:] = {programs.import_path()!r}\n"
        f"from {__package__}.engine import connect\n"
        f"from {__package__}.ownership import remove_labelled\n"
        f"remove_labelled(connect(), {RUN!r}, {run_id()!r})\n"
    )
    session.current().at_end("docker", [sys.executable, "-c", program])
