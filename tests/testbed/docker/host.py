# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One container as a host of a cluster: it idles, and etcd runs in it as an exec of the engine.

So the host's address answers, and refuses connections, whether or not etcd runs: an address without a host would cost
etcd's first election a time-out. The exec gives what a child process would: output, process id and exit code.
"""

from __future__ import annotations

import concurrent.futures
import functools
import os
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Any

from ..backend import Address, Host
from .engine import EngineFailed, asking
from .ownership import remove_container
from .preflight import Engine

CLIENT_PORT = 2379
PEER_PORT = 2380
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - of a network of its own
PYTHON = "/usr/bin/python3"
DATA_DIR = "/var/lib/etcd/test"
HOST_ENVIRONMENT = "/etc/default/etcd-test"
START_SECONDS = 30
LAST_WORDS_SECONDS = 2
BOOT_SECONDS = 30
EMPTY_AT_BOOT = {"/run": "", "/run/lock": "", "/var/tmp": "noexec"}
SECONDS_BETWEEN_LOOKS = 0.1
POLL_SECONDS = 0.005
SIGNAL_EXIT = 128
"""What a shell, and the engine, add to the number of the signal that ended a program."""


@dataclass(frozen=True)
class Answer:
    """What a command in a container came to."""

    exit_code: int
    output: str
    errors: str


@dataclass(frozen=True)
class Setting:
    """What the hosts of one cluster have in common."""

    engine: Engine
    image: str
    network: str
    directory: Path
    labels: Mapping[str, str]
    programs: Mapping[str, str]
    """Programs of this machine, mounted into the containers: their path here, by their path there."""
    partitionable: bool
    kind: str = "node"
    """``node``, or ``systemd``: a host that boots an init system."""
    capabilities: tuple[str, ...] = ()
    """What the hosts may do beyond what a container may, such as SYS_ADMIN."""
    outlives_run: bool = False
    """The log goes to the engine instead of a file, since nobody stays to write it."""


class ContainerHost(Host):
    """Made in the background; whatever needs the container waits for it."""

    peer_listen = Address(ANY_ADDRESS, PEER_PORT)
    client_listen = Address(ANY_ADDRESS, CLIENT_PORT)
    data_dir = DATA_DIR

    def __init__(self, name: str, container_name: str, setting: Setting, workers: concurrent.futures.Executor) -> None:
        self.name = name
        self.log = setting.directory / f"{name}.log"
        self.log.touch(mode=0o600)
        self._setting = setting
        self._api = setting.engine.client.api
        self.container_name = container_name
        self._running = workers.submit(self._create)
        self._etcd: str | None = None
        self._log_writer: threading.Thread | None = None

    @property
    def container(self) -> str:
        """The id of the container."""
        return self._running.result()["Id"]

    @functools.cached_property
    def address(self) -> str:
        """The container's address in the network of its cluster."""
        networks = self._running.result()["NetworkSettings"]["Networks"]
        return networks[self._setting.network]["IPAddress"]

    @functools.cached_property
    def peer(self) -> Address:  # type: ignore[override]
        return Address(self.address, PEER_PORT)

    @functools.cached_property
    def client(self) -> Address:  # type: ignore[override]
        if not self._setting.engine.publishes_ports:
            return Address(self.address, CLIENT_PORT)
        published = self._running.result()["NetworkSettings"]["Ports"][f"{CLIENT_PORT}/tcp"][0]
        return Address(published["HostIp"], int(published["HostPort"]))

    def spawn(self, environment: Mapping[str, str]) -> None:
        detached = self._setting.outlives_run
        command = ["etcd-start", "--foreground"] if detached else ["etcd"]
        with asking(f"start etcd on {self.name}"):
            etcd = self._api.exec_create(self.container, command, environment=dict(environment))["Id"]
            output = self._api.exec_start(etcd, stream=not detached, detach=detached)
        self._etcd = etcd
        self._log_writer = (
            None
            if detached
            else threading.Thread(target=self._copy, args=(output,), name=f"log of {self.name}", daemon=True)
        )
        if self._log_writer:
            self._log_writer.start()
        deadline = time.monotonic() + START_SECONDS
        while self.pid is None and self.exit_code is None:
            if time.monotonic() > deadline:
                raise EngineFailed(
                    f"cannot start etcd on {self.name}: not started after {START_SECONDS} s, and not refused either"
                )
            time.sleep(POLL_SECONDS)

    @property
    def pid(self) -> int | None:
        state = self._etcd_state()
        return state["Pid"] if state.get("Running") else None

    @property
    def exit_code(self) -> int | None:
        code = self._etcd_state().get("ExitCode")
        return code if code is None or code <= SIGNAL_EXIT else SIGNAL_EXIT - code

    def signal(self, number: Signals) -> None:
        # pkill answers 1 where no etcd runs.
        self.run(["pkill", f"-{int(number)}", "-x", "etcd"])
        if number == SIGKILL:
            self._wait_for_end()

    def wipe(self) -> None:
        self.run(["rm", "-rf", self.data_dir])

    def sees(self, path: Path) -> str:
        return str(path)

    def note_environment(self, environment: Mapping[str, str]) -> None:
        """Notes on the host what every etcd of it starts with; the image's ``etcd-start`` adds what a member starts
        with.
        """
        answer = self.run(["sh", "-c", f"export -p | grep '^export ETCD_' > {HOST_ENVIRONMENT}"], environment)
        if answer.exit_code:
            raise EngineFailed(f"cannot note the environment of {self.name}: {answer.errors}")

    def wait_up(self) -> None:
        """Waits until the host takes commands; one with an init system, until that has started what it starts."""
        if self._setting.kind != "systemd":
            self._running.result()
            return
        deadline = time.monotonic() + BOOT_SECONDS
        while True:
            # "degraded" is up, too: a unit that the test is not about has failed.
            answer = self.run(["systemctl", "is-system-running"])
            said = answer.output.strip() or answer.errors
            if said in ("running", "degraded"):
                return
            if time.monotonic() > deadline:
                raise EngineFailed(f"{self.name} has not booted within {BOOT_SECONDS} s; systemd says: {said}")
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def drop_peer_traffic_from(self, addresses: Collection[str]) -> None:
        """From now on drops what exactly these hosts send to or from a peer port. Client traffic passes."""
        rules = [
            f"iptables -w -A INPUT -p tcp -s {address} --{side} {PEER_PORT} -j DROP"
            for address in addresses
            for side in ("dport", "sport")
        ]
        answer = self.run(["sh", "-ec", "\n".join(["iptables -w -F INPUT", *rules])])
        if answer.exit_code:
            raise EngineFailed(f"cannot change the packet filter of {self.name}: {answer.errors}")

    def run(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Answer:
        """Runs a command in the container and waits for its end."""
        with asking(f"run {command[0]} on {self.name}"):
            made = self._api.exec_create(self.container, list(command), environment=dict(environment or {}))["Id"]
            output, errors = self._api.exec_start(made, demux=True)
            exit_code = self._api.exec_inspect(made)["ExitCode"]
        return Answer(
            exit_code, (output or b"").decode(errors="replace"), (errors or b"").decode(errors="replace").strip()
        )

    def remove(self) -> None:
        """Removes the container, also one that is just being made."""
        if self._running.cancel():
            return
        concurrent.futures.wait([self._running])
        with asking(f"remove the container of {self.name}"):
            remove_container(self._setting.engine.client, self.container_name)

    def _create(self) -> dict:
        setting = self._setting
        with asking(f"create the container of {self.name}"):
            aliases = {setting.network: self._api.create_endpoint_config(aliases=[self.name])}
            network = self._api.create_networking_config(aliases)  # type: ignore[arg-type]
            container = self._api.create_container(
                setting.image,
                name=self.container_name,
                hostname=self.name,
                labels=dict(setting.labels),
                host_config=self._api.create_host_config(**host_settings(setting)),
                networking_config=network,
                ports=[CLIENT_PORT],
            )["Id"]
            self._api.start(container)
            return self._api.inspect_container(container)

    def _etcd_state(self) -> dict:
        if self._etcd is None:
            return {}
        with asking(f"see whether etcd runs on {self.name}"):
            state = self._api.exec_inspect(self._etcd)
        if state.get("ExitCode") is not None and self._log_writer:
            # Who sees that it has ended looks for why in its last words, which are still on their way.
            self._log_writer.join(LAST_WORDS_SECONDS)
        return state

    def _wait_for_end(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self.pid is not None:
            if time.monotonic() > deadline:
                raise EngineFailed(f"etcd on {self.name} still runs {START_SECONDS} s after SIGKILL")
            time.sleep(POLL_SECONDS)

    def _copy(self, output: object) -> None:
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            for chunk in output:  # type: ignore[attr-defined]
                os.write(descriptor, chunk)
        except (OSError, ValueError):
            # The stream breaks off when the container is removed under it.
            return
        finally:
            os.close(descriptor)


def host_settings(setting: Setting) -> dict[str, Any]:
    """The engine's settings of a container: what it mounts, publishes, and may do. Never privileged."""
    binds = [
        f"{setting.directory}:{setting.directory}:ro",
        *(f"{here}:{there}:ro" for there, here in setting.programs.items()),
    ]
    settings: dict[str, Any] = {
        "cap_add": [*(["NET_ADMIN"] if setting.partitionable else []), *setting.capabilities],
        "port_bindings": {CLIENT_PORT: ("127.0.0.1", None)} if setting.engine.publishes_ports else {},
    }
    if setting.kind != "systemd":
        return {**settings, "binds": binds, "init": True}
    if "SYS_ADMIN" in setting.capabilities:
        # AppArmor's profile of a container forbids to mount, whatever the capabilities allow.
        settings["security_opt"] = ["apparmor=unconfined"]
    # systemd needs to write a control group hierarchy, and its runtime folders to be empty at boot. As on a
    # hardened host, no program can be run in the folder for temporary files.
    groups = "/sys/fs/cgroup/systemd" if setting.engine.cgroup_version == 1 else "/sys/fs/cgroup"
    namespace = {} if setting.engine.cgroup_version == 1 else {"cgroupns": "host"}
    return {**settings, **namespace, "binds": [*binds, f"{groups}:{groups}:rw"], "tmpfs": EMPTY_AT_BOOT}
