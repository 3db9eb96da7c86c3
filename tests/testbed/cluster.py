# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real etcd clusters on demand, in the state that a test asks for."""

from __future__ import annotations

import functools
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

import trustme

from . import certificates, startup, waiting
from .backend import Backend, BackendMaker, Host
from .certificates import Certificates
from .gateway import Gateway, GatewayError
from .member import Member
from .state import State, Timing, member_name

T = TypeVar("T")

PASSWORD = "quorum-of-the-test-bed"
HEALTH_INTERVAL = 5.0
"""etcd's ``HealthInterval`` (server/etcdserver/server.go, 3.3 to 3.7): younger peer connections count as unhealthy."""
STREAMS_AFTER_READY = 0.4
"""A ready member may still open its streams to the other followers for so long."""
REQUEST_SECONDS = 3.0
ELECTION_SECONDS = 10.0
"""Several elections at etcd's default timing; split votes happen."""


class Cluster:
    """A cluster, from ``with`` to its end; the arguments are those of :class:`State`, and:

    version: exact (``3.5.1``), a minor (``3.5``: its newest here), or ``None`` for the newest here.
    backend: ``processes``, ``docker``, or what makes one.
    flags: further etcd settings of every member, such as ``{"snapshot_count": 10}``.

    Each member of ``partitioned`` is a name (``etcd1``), ``leader`` or ``follower``, or a list of these.
    """

    def __init__(
        self,
        size: int = 3,
        *,
        dead: int = 0,
        leader_dead: bool = False,
        unstarted: int = 0,
        learners: int = 0,
        unstarted_learners: int = 0,
        tls: bool = False,
        auth: bool = False,
        version: str | None = None,
        partitioned: Sequence[str | Sequence[str]] = (),
        partitionable: bool = False,
        strict: bool = True,
        timing: Timing = "fast",
        backend: str | BackendMaker = "processes",
        flags: Mapping[str, object] | None = None,
    ) -> None:
        groups = tuple((group,) if isinstance(group, str) else tuple(group) for group in partitioned)
        self.state = State(
            size=size,
            dead=dead,
            leader_dead=leader_dead,
            unstarted=unstarted,
            learners=learners,
            unstarted_learners=unstarted_learners,
            tls=tls,
            auth=auth,
            partitioned=groups,
            partitionable=partitionable,
            strict=strict,
            timing=timing,
        )
        make_backend = _backend(backend) if isinstance(backend, str) else backend
        self._backend = make_backend(version, partitionable=self.state.needs_network)
        try:
            self.state.check(self._backend.version)
        except ValueError:
            self._backend.close()
            raise
        self.version = self._backend.version
        self.scheme = "https" if tls else "http"
        self.members: list[Member] = []
        self.client_certificates: Certificates | None = None
        self._tls_context: ssl.SSLContext | None = None
        self._user: tuple[str, str] | None = None
        self.settings = dict(flags or {})
        self._blocked: set[tuple[str, str]] = set()

    # -- life ----------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Cluster:
        try:
            self.start()
        except BaseException as problem:
            self._note_logs(problem)
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if problem is not None:
            self._note_logs(problem)
        self.close()

    def start(self) -> None:
        """Brings the cluster into its state; returns when it is in it."""
        from .building import build

        if self.state.tls:
            self.client_certificates = certificates.write(
                self._backend.directory / "certificates", self._backend.server_names
            )
            self._tls_context = self.client_certificates.context()
        build(self)

    def close(self) -> None:
        """Kills every member and removes every trace; may be called twice."""
        self._backend.close()

    def log_tails(self, lines: int = 40) -> dict[str, str]:
        """The last lines of what each started member printed."""
        return {member.name: member.log_tail(lines) for member in self.members if member.was_started}

    def _note_logs(self, problem: BaseException) -> None:
        for name, tail in self.log_tails().items():
            problem.add_note(f"--- {name}, etcd {self.version}, last lines of its log ---\n{tail}")

    # -- members -------------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Member:
        for member in self.members:
            if member.name == name:
                return member
        raise KeyError(f"no member {name} here; there are {', '.join(member.name for member in self.members)}")

    @property
    def live(self) -> list[Member]:
        """Members whose process runs and is not paused."""
        return [member for member in self.members if member.is_running and not member.is_paused]

    @property
    def leader(self) -> Member:
        """The leader, by the members' own word; an election is waited out. Raises where there is none."""
        found: list[Member] = []

        def look() -> str | None:
            statuses = self.statuses()
            leading = [
                (status["term"], name)
                for name, status in statuses.items()
                if status["leader"] == status["member_id"] != 0
            ]
            if not leading:
                return f"{ {name: status['leader'] for name, status in statuses.items()} }"
            found.append(self[max(leading)[1]])
            return None

        waiting.until("a leader", look, ELECTION_SECONDS)
        return found[0]

    @property
    def followers(self) -> list[Member]:
        """Voters that run and do not lead."""
        leader = self.leader
        return [member for member in self._answering_as(learner=False) if member is not leader]

    @property
    def learners(self) -> list[Member]:
        return self._answering_as(learner=True)

    def _answering_as(self, learner: bool) -> list[Member]:
        return [self[name] for name, status in self.statuses().items() if status["is_learner"] is learner]

    def statuses(self) -> dict[str, dict[str, Any]]:
        """What each live member that answers says of itself, by name."""
        answers = {}
        for member in self.live:
            try:
                answers[member.name] = member.status()
            except (OSError, GatewayError):
                continue
        return answers

    def spare(self, name: str | None = None) -> Member:
        """A new host with an empty disk: not registered, not started, its addresses reserved."""
        return self._new_members([name or member_name(len(self.members) + 1)])[0]

    def spares(self, count: int) -> list[Member]:
        """Several new hosts, made at the same time."""
        taken = len(self.members)
        return self._new_members([member_name(taken + number) for number in range(1, count + 1)])

    def _new_members(self, names: Sequence[str]) -> list[Member]:
        # All hosts are asked for before any is looked at: containers are made in the background.
        hosts = [self._backend.host(name) for name in names]
        members = [Member(self, host) for host in hosts]
        self.members.extend(members)
        return members

    # -- how to connect ------------------------------------------------------------------------------------------------

    @property
    def endpoints(self) -> list[str]:
        """Client URLs of the members that were ever started, the dead ones included."""
        return [member.client_url for member in self.members if member.was_started]

    @property
    def live_endpoints(self) -> list[str]:
        return [member.client_url for member in self.live]

    @property
    def connection(self) -> dict[str, Any]:
        """The connection options of the collection's modules."""
        options: dict[str, Any] = {"endpoints": self.endpoints}
        if self.client_certificates:
            files = self.client_certificates
            options.update(ca_cert=str(files.ca), client_cert=str(files.client), client_key=str(files.client_key))
        if self._user:
            options.update(username=self._user[0], password=self._user[1])
        return options

    @property
    def ca(self) -> trustme.CA:
        """Who issued the certificates."""
        return certificates.ca_of_testbed()

    def gateway_of(self, url: str, keeps_alive: bool = False) -> Gateway:
        """The test bed's own client of one URL of this cluster, client's or peer's."""
        return Gateway(url, self.minor, lambda: self._tls_context, self._log_in, keeps_alive)

    def _log_in(self) -> str | None:
        """A fresh token, from the first live member that gives one."""
        if self._user is None:
            return None
        problem: Exception = ConnectionError("no member of the cluster answers")
        for member in self.live:
            try:
                return Gateway(member.client_url, self.minor, lambda: self._tls_context).authenticate(
                    *self._user, timeout=REQUEST_SECONDS
                )
            except (OSError, GatewayError) as failed:
                problem = failed
        raise problem

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])

    def etcdctl(self, *arguments: str) -> str:
        """What etcdctl of this version prints, asked at all live members."""
        options = {"ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": ",".join(self.live_endpoints)}
        if self.client_certificates:
            files = self.client_certificates
            options.update(
                ETCDCTL_CACERT=str(files.ca), ETCDCTL_CERT=str(files.client), ETCDCTL_KEY=str(files.client_key)
            )
        if self._user:
            options["ETCDCTL_USER"] = ":".join(self._user)
        return self._backend.etcdctl(arguments, options)

    def enable_auth(self) -> None:
        """RBAC on, with the user ``root``."""
        gateway = self.leader.gateway
        gateway.call("/auth/user/add", {"name": "root", "password": PASSWORD})
        gateway.call("/auth/user/grant", {"user": "root", "role": "root"})
        gateway.call("/auth/enable")
        self._user = ("root", PASSWORD)

    # -- asking --------------------------------------------------------------------------------------------------------

    def put(self, key: str, value: str) -> int:
        """Writes, and returns the revision."""
        return self._asked(lambda gateway: gateway.put(key, value, REQUEST_SECONDS))

    def get(self, key: str) -> str | None:
        """A linearizable read; ``None`` where the key does not exist."""
        _, found = self._asked(lambda gateway: gateway.range(key, timeout=REQUEST_SECONDS))
        return found[key][0] if key in found else None

    def revision(self) -> int:
        """The store's revision, read linearizably: it moves with every write, and with nothing else."""
        return self._asked(lambda gateway: gateway.range("\0", timeout=REQUEST_SECONDS))[0]

    def member_list(self) -> list[dict[str, Any]]:
        """The linearizable list in etcd's own field names: ``ID`` (int), ``name``, ``peerURLs``, ``clientURLs``,
        ``isLearner``.
        """
        return self._asked(lambda gateway: gateway.member_list(timeout=REQUEST_SECONDS))

    def registered(self, member: Member) -> dict[str, Any] | None:
        """The member's record in the list of whoever answers, found by its peer URL."""
        for asked in self.live:
            try:
                records = asked.gateway.member_list(linearizable=False, timeout=REQUEST_SECONDS)
            except (OSError, GatewayError):
                continue
            return next((record for record in records if member.peer_url in record["peerURLs"]), None)
        return None

    def _asked(self, question: Callable[[Gateway], T]) -> T:
        """The first answer of a live voter, the leader before the others."""
        statuses = self.statuses()
        voters = [name for name, status in statuses.items() if not status["is_learner"]]
        voters.sort(key=lambda name: statuses[name]["leader"] != statuses[name]["member_id"])
        problem: Exception = ConnectionError("no voter of the cluster answers")
        for name in voters:
            try:
                return question(self[name].gateway)
            except (OSError, GatewayError) as failed:
                problem = failed
        raise problem

    # -- waiting -------------------------------------------------------------------------------------------------------

    def wait_healthy(self, timeout: float = 10) -> None:
        """Until every live member is ready."""
        end = time.monotonic() + timeout
        for member in self.live:
            waiting.until(f"{member.name} to be ready", member.not_ready_because, max(0.0, end - time.monotonic()))

    def wait_settled(self) -> None:
        """Until etcd's strict check takes every connection between the live members for a healthy one."""
        self.wait_healthy()
        youngest = max(member.ready_at or 0.0 for member in self.live)
        # The age of a stream is nowhere to be asked for, and etcd's interval is a constant.
        time.sleep(max(0.0, youngest + STREAMS_AFTER_READY + HEALTH_INTERVAL - time.monotonic()))

    def has_quorum_around(self, member: Member) -> bool | None:
        """Whether enough voters run and reach the member for a quorum; ``None`` where nobody tells who the voters
        are.
        """
        reached = [other for other in self.live if (other.name, member.name) not in self._blocked]
        records = self._list_of_those_who_know_best(reached)
        if not records:
            return None
        voters = [record["peerURLs"] for record in records if not record.get("isLearner")]
        urls = {other.peer_url for other in reached}
        return sum(any(url in urls for url in peer_urls) for peer_urls in voters) > len(voters) // 2

    def _list_of_those_who_know_best(self, reached: Iterable[Member]) -> list[dict[str, Any]]:
        """The list of a member that follows a leader; else the longest, since one that starts has not read all of it
        yet.
        """
        lists: list[list[dict[str, Any]]] = []
        for member in reached:
            records = member.own_list()
            if records and member.ready_at is not None and member.follows_a_leader():
                return records
            lists.append(records)
        return max(lists, key=len, default=[])

    # -- network -------------------------------------------------------------------------------------------------------

    def partition(self, *groups: Iterable[Member]) -> None:
        """From now on members reach only those of their own group; who is in no group is in one more."""
        group_of = {member.name: number for number, group in enumerate(groups, 1) for member in group}
        names = [member.name for member in self.members]
        self._block({(a, b) for a in names for b in names if group_of.get(a, 0) != group_of.get(b, 0)})

    def cut_off(self, member: Member) -> None:
        """No peer traffic between this member and any other."""
        others = [other.name for other in self.members if other is not member]
        self._block(self._blocked | {(member.name, name) for name in others} | {(name, member.name) for name in others})

    def heal(self, member: Member | None = None) -> None:
        """Undoes partitions: those of one member, or all."""
        self._block({link for link in self._blocked if member is not None and member.name not in link})

    def _block(self, links: set[tuple[str, str]]) -> None:
        self._backend.block(links)
        for name in {name for link in links ^ self._blocked for name in link}:
            self[name].ready_at = None
        self._blocked = links

    def environment_of(self, member: Member, host: Host) -> dict[str, str]:
        """What a member starts with but for who it is: addresses, disk, timing, certificates."""
        return startup.environment_of(self, member, host)


@functools.cache
def _backend(name: str) -> type[Backend]:
    if name == "processes":
        from .processes import ProcessBackend

        return ProcessBackend
    if name == "docker":
        from . import docker

        return docker.backend_class()
    raise ValueError(f"backend={name!r}: it is 'processes' or 'docker'")
