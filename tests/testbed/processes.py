# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend whose hosts are processes of this machine, on 127.0.0.1."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from . import releases, session
from .backend import Address, Backend, EtcdctlFailed, Host, NotPartitionable
from .peer_network import PeerNetwork
from .ports import PORTS

LOOPBACK = "127.0.0.1"
SPARING = {"GOMAXPROCS": "1", "GOGC": "400"}
"""For Go's runtime: many etcds share the processors here, and each does little; so they take a third less of them."""
ETCDCTL_SECONDS = 60


class ProcessHost(Host):
    """A folder and two ports, and at most one etcd process."""

    def __init__(
        self, name: str, release: releases.Release, directory: Path, run: session.Session, network: PeerNetwork | None
    ) -> None:
        self.name = name
        self._ports = [PORTS.take(), PORTS.take()]
        self.peer = self.peer_listen = Address(LOOPBACK, self._ports[0])
        self.client = self.client_listen = Address(LOOPBACK, self._ports[1])
        if network is not None:
            self._ports.append(PORTS.take())
            self.peer_listen = Address(LOOPBACK, self._ports[2])
            network.carry(name, self.peer, self.peer_listen)
        self.data_dir = str(directory / "data")
        self.log = directory / "etcd.log"
        self._release = release
        self._run = run
        self._pid: int | None = None
        # Kept here, since the number may come round again: then it is another host's process.
        self._exit_code: int | None = None
        directory.mkdir()
        self.log.touch()

    def spawn(self, environment: Mapping[str, str]) -> None:
        self._pid = self._run.spawn([str(self._release.etcd)], {**SPARING, **environment}, self.log)
        self._exit_code = None

    @property
    def pid(self) -> int | None:
        return self._pid if self.exit_code is None else None

    @property
    def exit_code(self) -> int | None:
        if self._pid is not None and self._exit_code is None:
            self._exit_code = self._run.exit_code(self._pid)
        return self._exit_code

    def signal(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is not None:
            self._run.signal(pid, number)

    def wipe(self) -> None:
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def install(self, version: str) -> None:
        self._release = releases.find(version)

    def sees(self, path: Path) -> str:
        return str(path)

    @property
    def ports(self) -> list[int]:
        return self._ports


class ProcessBackend(Backend):
    """Needs nothing but an etcd binary."""

    name = "processes"

    def __init__(self, version: str | None, *, partitionable: bool) -> None:
        self._release = releases.find(version)
        self._run = session.current()
        self._hosts: list[ProcessHost] = []
        self._network = PeerNetwork(self._pids) if partitionable else None
        self._closed = False
        self.version = self._release.version
        self.directory = self._run.new_directory()

    def host(self, name: str) -> ProcessHost:
        host = ProcessHost(name, self._release, self.directory / name, self._run, self._network)
        self._hosts.append(host)
        return host

    def block(self, links: Collection[tuple[str, str]]) -> None:
        if self._network is None:
            raise NotPartitionable("build the cluster with partitionable=True; its peers talk to each other directly")
        self._network.block(links)

    def _pids(self) -> dict[str, int]:
        return {host.name: pid for host in self._hosts if (pid := host.pid) is not None}

    def etcdctl(self, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
        done = subprocess.run(
            [self._release.etcdctl, *arguments],
            env={"PATH": os.defpath, **environment},
            capture_output=True,
            text=True,
            timeout=ETCDCTL_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise EtcdctlFailed(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._run.end([host.pid for host in self._hosts if host.pid is not None])
        if self._network is not None:
            self._network.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        PORTS.give_back([port for host in self._hosts for port in host.ports])
