# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The endpoints that a run talks to, and asking several of them at once within one time-out."""

from __future__ import annotations

import queue
import threading
import time
import typing as t

from .._client.addresses import parse_endpoint
from .._client.errors import TIMEOUT, EtcdError
from .._client.open_endpoint import open_endpoint

if t.TYPE_CHECKING:
    from .._client.endpoint import Connection, Endpoint
    from .._client.login import Login
    from .._membership.model import Cluster, Status

# Who let a whole time-out pass is asked again, but not waited for as long.
SECONDS_FOR_THE_SILENT = 1.0
# How long after its time an endpoint may still say itself what it waited for, which tells more than that it was late.
_GRACE = 0.25


class EndpointPool:
    """Open endpoints by URL: each is opened once and kept, and who was silent once is given less time afterwards.

    `found` tells by URL which member the last observation met there. As a context manager it closes them at the end.
    """

    def __init__(
        self, connection: Connection, opener: t.Callable[[str, Connection, Login | None], Endpoint] = open_endpoint
    ) -> None:
        self.connection = connection
        self.given = tuple(
            dict.fromkeys(parse_endpoint(url, connection.default_scheme).url for url in connection.endpoints)
        )
        self.found: dict[str, int] = {}
        self._left: set[str] = set()
        self._opener = opener
        self._login = _login_of(connection)
        self._open: dict[str, Endpoint] = {}
        self._silent: set[str] = set()

    @property
    def url_of(self) -> dict[int, str]:
        """By member id, a URL at which the last observation met the member."""
        return {member_id: url for url, member_id in self.found.items()}

    @property
    def known(self) -> tuple[str, ...]:
        """What was given, and where the last observation met members: those given may all have left since, by this very
        run.
        """
        return tuple(url for url in dict.fromkeys((*self.given, *self.found)) if url not in self._left)

    def forget(self, member_id: int) -> None:
        """A member that was removed is asked nothing more.

        It is about to end, and a status that it is asked for meanwhile makes it panic ("failed to find local ID in
        cluster members", 3.4 and 3.5 server/etcdserver/api/membership/cluster.go, IsLocalMemberLearner): then it ends
        as a failure, and systemd starts it again.
        """
        self._left.update(url for url, found in self.found.items() if found == member_id)
        self.found = {url: found for url, found in self.found.items() if found != member_id}

    def at(self, url: str) -> Endpoint:
        if url not in self._open:
            self._open[url] = self._opener(url, self.connection, self._login)
        return self._open[url]

    def member(self, member_id: int) -> Endpoint | None:
        """The endpoint of a member that answered the last observation."""
        url = self.url_of.get(member_id)
        return self.at(url) if url else None

    def voter_of(self, cluster: Cluster) -> Endpoint | None:
        """The endpoint of the leader, or of another voter that answered the last observation."""
        ranked = sorted(cluster.voters, key=lambda voter: voter.member_id != cluster.leader_id)
        return next((self.member(voter.member_id) for voter in ranked if voter.member_id in self.url_of), None)

    def patience_with(self, url: str) -> float:
        """Seconds to wait for an answer of this endpoint."""
        limit = self.connection.request_timeout
        return min(limit, SECONDS_FOR_THE_SILENT) if url in self._silent else limit

    def remember(self, url: str, error: EtcdError | None) -> None:
        """A connection that failed or hung is not used again; a later question opens a new one."""
        if error is None:
            self._silent.discard(url)
            return
        if error.code == TIMEOUT:
            self._silent.add(url)
            self._open.pop(url, None)

    def __enter__(self) -> EndpointPool:
        return self

    def __exit__(self, *_reason: object) -> None:
        for endpoint in self._open.values():
            endpoint.close()
        self._open.clear()


def _login_of(connection: Connection) -> Login | None:
    """What all endpoints share where there is a user."""
    if not connection.username:
        return None
    # Only here: most clusters know no users, and every import is paid at each task.
    from .._client.login import Login  # pylint: disable=import-outside-toplevel

    return Login()


class StatusInquiry:
    """Asks endpoints for their status, each in a thread of its own; answers come as they arrive."""

    def __init__(self, pool: EndpointPool) -> None:
        self._pool = pool
        self._answers: queue.SimpleQueue[tuple[str, Status | BaseException]] = queue.SimpleQueue()
        self._pending: dict[str, float] = {}
        self.statuses: dict[str, Status] = {}
        self.errors: dict[str, EtcdError] = {}

    def ask(self, url: str) -> None:
        """Asks once; an endpoint that was asked already is not asked again."""
        if url in self._pending or url in self.statuses or url in self.errors:
            return
        patience = self._pool.patience_with(url)
        try:
            # Before the clock runs: on a busy host it may take seconds to import what a transport needs, and no member
            # is to blame.
            endpoint = self._pool.at(url)
        except EtcdError as error:
            self._pending[url] = time.monotonic()
            self._answers.put((url, error))
            return
        self._pending[url] = time.monotonic() + patience + _GRACE
        threading.Thread(target=self._answer, args=(url, endpoint, patience), daemon=True).start()

    def was_asked(self, url: str) -> bool:
        return url in self._pending or url in self.statuses or url in self.errors

    def next_answer(self, wait: bool = True) -> str | None:
        """The URL of the next endpoint that answered or failed; None when there is none (any more, or yet).

        A fault of the asking itself, which no EtcdError tells, is raised here: it must not pass for a member's silence.
        """
        while self._pending:
            deadline = max(self._pending.values())
            try:
                url, answer = (
                    self._answers.get(timeout=max(deadline - time.monotonic(), 0.001))
                    if wait
                    else self._answers.get(block=False)
                )
            except queue.Empty:
                if not wait:
                    return None
                self._give_up()
                return None
            if self._pending.pop(url, None) is None:
                continue  # an answer to somebody who was given up already
            self._record(url, answer)
            return url
        return None

    def _answer(self, url: str, endpoint: Endpoint, patience: float) -> None:
        try:
            answer: Status | BaseException = endpoint.status(timeout=patience)
        except BaseException as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught  # what is no EtcdError is raised by `_record`
            answer = error
        self._answers.put((url, answer))

    def _record(self, url: str, answer: Status | BaseException) -> None:
        if isinstance(answer, EtcdError):
            self.errors[url] = answer
            self._pool.remember(url, answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            self.statuses[url] = answer
            self._pool.remember(url, None)

    def _give_up(self) -> None:
        for url in list(self._pending):
            del self._pending[url]
            self._record(url, EtcdError(TIMEOUT, f"{url} did not answer in time", url))
