# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One member of a test cluster, or a host that may become one: what can be done to it, and what it says of itself."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import startup, waiting
from .gateway import Gateway, GatewayError

if TYPE_CHECKING:
    from .backend import Host
    from .cluster import Cluster

READY_SECONDS = 20.0
STOP_SECONDS = 15.0
STOPPED = {"T", "t"}
"""The kernel's letters for a thread that stands still."""
REQUEST_SECONDS = 1.0
HEALTH_SECONDS = 0.3
"""A linearizable read that was sent to a leader that died is never answered: better asked anew."""
PEER_SECONDS = 0.5
ALONE_SECONDS = 0.1
"""So long a member must see too few voters; one that is reading its log learns of more every millisecond."""


class MemberExited(Exception):
    """etcd ended where it was waited for; the text has its exit code and its last words."""


class WrongFault(Exception):
    """The asked fault makes no sense on this member as it is now."""


class Member:
    """A host of the cluster with its etcd: running, dead, a learner, or not started yet."""

    def __init__(self, cluster: Cluster, host: Host) -> None:
        self._cluster = cluster
        self._host = host
        self._environment: dict[str, str] = {}
        self._member_id: int | None = None
        self._paused = False
        self.ready_at: float | None = None
        """When (``time.monotonic``) it was first found ready after its last disturbance."""
        self.name = host.name
        self.peer_url = host.peer.url(cluster.scheme)
        self.client_url = host.client.url(cluster.scheme)
        self.data_dir = Path(host.data_dir)
        self.log = host.log
        self.gateway: Gateway = cluster.gateway_of(self.client_url)
        self._peer = cluster.gateway_of(self.peer_url)

    def __repr__(self) -> str:
        return f"<{self.name} {self.client_url} {self.condition}>"

    @property
    def pid(self) -> int | None:
        return self._host.pid

    @property
    def is_running(self) -> bool:
        """Its process exists; a paused one does."""
        return self._host.is_running

    @property
    def is_paused(self) -> bool:
        return self._paused and self.is_running

    @property
    def was_started(self) -> bool:
        return bool(self._environment)

    @property
    def exit_code(self) -> int | None:
        return self._host.exit_code

    @property
    def condition(self) -> str:
        """``not started``, ``dead``, ``paused`` or ``running``."""
        if not self.was_started:
            return "not started"
        if not self.is_running:
            return "dead"
        return "paused" if self._paused else "running"

    @property
    def member_id(self) -> int | None:
        """What etcd calls it: its own word if it answers, else the cluster's, else what was last known of it."""
        if self.is_running and not self._paused:
            try:
                self._member_id = self.gateway.status(timeout=REQUEST_SECONDS)["member_id"] or self._member_id
                return self._member_id
            except (OSError, GatewayError):
                pass
        registered = self._cluster.registered(self)
        if registered is not None:
            self._member_id = registered["ID"]
        return self._member_id

    def status(self) -> dict[str, Any]:
        """Its own view, see :meth:`Gateway.status`; raises ``OSError`` where it does not answer."""
        return self.gateway.status(timeout=REQUEST_SECONDS)

    def follows_a_leader(self) -> bool:
        """Whether it answers, and names a leader (or leads)."""
        try:
            return bool(self.gateway.status(timeout=HEALTH_SECONDS)["leader"])
        except (OSError, GatewayError):
            return False

    @property
    def is_learner(self) -> bool:
        return bool(self.status()["is_learner"])

    def log_tail(self, lines: int = 40) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    # -- starting ------------------------------------------------------------------------------------------------------

    def spawn(self, environment: Mapping[str, str]) -> None:
        """Starts etcd with exactly these variables and does not wait."""
        if self.is_running:
            raise WrongFault(f"{self.name} runs already; kill or stop it first")
        self._environment = dict(environment)
        self._paused = False
        self.ready_at = None
        self._host.spawn(environment)

    def start(
        self,
        environment: Mapping[str, str] | None = None,
        wait: bool = True,
        timeout: float = READY_SECONDS,
        **flags: object,
    ) -> None:
        """Starts etcd on a host whose member is registered.

        ``environment`` holds the ``ETCD_*`` variables that say which member of which cluster it is, as ``etcd_member``
        returns them; without it they are made from the live member list. Where it listens, where its data lies,
        timings and TLS are the test bed's own. ``flags`` are further settings: ``snapshot_count=10``.
        """
        identity = startup.identity_of(self._cluster, self) if environment is None else environment
        self.spawn({**self._cluster.environment_of(self, self._host), **startup.variables(flags), **identity})
        if wait:
            self.wait_ready(timeout)

    def restart(self, wait: bool = True, timeout: float = READY_SECONDS, **flags: object) -> None:
        """Starts it again on the data it has, as it was started before and with ``flags``; one that runs is killed
        first.

        Waits until it is ready, or, where too few voters run for a quorum, until it talks to its peers.
        """
        if not self.was_started:
            raise WrongFault(f"{self.name} was never started; start it")
        self.kill()
        self.spawn({**self._environment, **startup.variables(flags)})
        if wait:
            self.wait_ready(timeout)

    def install(self, version: str) -> None:
        """From its next start it runs etcd of that version: ``member.stop(); member.install("3.5");
        member.restart()``.
        """
        self._host.install(version)

    def wait_peer(self, timeout: float = READY_SECONDS) -> None:
        """Waits until it answers its peers; that needs no quorum."""

        def look() -> str | None:
            self._check_alive()
            return None if self.own_list() else "no list of members"

        waiting.until(f"{self.name} to answer its peers", look, timeout)

    def own_list(self) -> list[dict[str, Any]]:
        """The members as its peer port tells them to other members, without quorum too; empty if it does not answer.

        A member that has just started may not have read all of its log yet, and tell too few.
        """
        try:
            status, text = self._peer.get("/members", PEER_SECONDS)
        except OSError:
            return []
        return list(json.loads(text) or []) if status == 200 else []

    def wait_ready(self, timeout: float = READY_SECONDS) -> None:
        """Waits until it serves clients, if as many voters run as that needs; else until it answers its peers."""
        alone_since: float | None = None

        def look() -> str | None:
            nonlocal alone_since
            self._check_alive()
            if self._cluster.has_quorum_around(self) is not False:
                alone_since = None
                return self.not_ready_because()
            alone_since = alone_since or time.monotonic()
            return None if time.monotonic() - alone_since > ALONE_SECONDS else "too few voters for a quorum"

        waiting.until(f"{self.name} to be ready", look, timeout)
        self.ready_at = self.ready_at or time.monotonic()

    def not_ready_because(self) -> str | None:
        """``None`` if it serves clients as a voter or follows a leader as a learner; else what it says instead."""
        self._check_alive()
        try:
            status = self.gateway.status(timeout=HEALTH_SECONDS)
            if not status["leader"]:
                return "it knows no leader"
            if not status["is_learner"]:
                code, text = self.gateway.get("/health", HEALTH_SECONDS)
                if code != 200:
                    return f"/health: HTTP {code} {text[:80]}"
                # Until the first leader has decided it, a member that joins ends with "incompatible with current
                # running cluster".
                _code, text = self.gateway.get("/version", HEALTH_SECONDS)
                if "not_decided" in text:
                    return f"/version: {text[:80]}"
        except (OSError, GatewayError) as problem:
            return f"{type(problem).__name__}: {problem}"
        self.ready_at = self.ready_at or time.monotonic()
        return None

    def _check_alive(self) -> None:
        if not self.is_running:
            raise MemberExited(
                f"{self.name} (etcd {self._cluster.version}) ended with {self.exit_code}; its last "
                f"words:\n{self.log_tail(15)}"
            )

    # -- faults --------------------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone. Does nothing where none runs."""
        self._end_with(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, as an operator stops it: a leader hands over first. Returns when the process is gone."""
        self.resume()
        self._end_with(signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: its connections stay open and nothing answers."""
        if not self.is_running:
            raise WrongFault(f"{self.name} does not run and cannot be paused")
        self._host.signal(signal.SIGSTOP)
        # Each thread stops when its processor has a moment for the signal; until then it may go on answering.
        waiting.until(f"{self.name} to stand still", self._moving_threads, STOP_SECONDS)
        self._paused = True

    def _moving_threads(self) -> str | None:
        states = [
            stat.read_text().rpartition(")")[2].split()[0] for stat in Path(f"/proc/{self.pid}/task").glob("*/stat")
        ]
        return None if set(states) <= STOPPED else f"threads in the states {' '.join(states)}"

    def resume(self) -> None:
        """SIGCONT; does nothing where it is not paused."""
        if self._paused:
            self._host.signal(signal.SIGCONT)
            self._paused = False
            self.ready_at = None

    def wipe(self) -> None:
        """The disk is empty from now on, as after its replacement. Only while etcd does not run."""
        if self.is_running:
            raise WrongFault(f"{self.name} runs; kill or stop it before its disk is wiped")
        self._host.wipe()

    def cut_off(self) -> None:
        """No peer traffic from or to it any more, connections stay; clients still reach it."""
        self._cluster.cut_off(self)

    def heal(self) -> None:
        """Undoes what cut it off."""
        self._cluster.heal(self)

    def _end_with(self, number: signal.Signals) -> None:
        self._host.signal(number)
        waiting.until(
            f"{self.name} to end after {number.name}",
            lambda: f"process {self.pid}" if self.is_running else None,
            STOP_SECONDS,
        )
        self._paused = False
