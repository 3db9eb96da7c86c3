# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that the test bed did not start, seen through its client URLs only: enough for a writer to write to it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .gateway import Gateway, GatewayError

SECONDS = 5.0


@dataclass(frozen=True)
class RemoteMember:
    """A started voter, at the client URL that it advertises."""

    name: str
    peer_url: str
    gateway: Gateway

    def not_ready_because(self) -> str | None:
        """``None`` if it serves linearizable reads; else what it says instead."""
        try:
            self.gateway.range("\0", timeout=SECONDS)
        except (OSError, GatewayError) as problem:
            return f"{type(problem).__name__}: {problem}"
        return None


class RemoteCluster:
    """``connection`` holds the modules' options: endpoints, ca_cert, client_cert, client_key, username, password."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        self.endpoints: list[str] = list(connection["endpoints"])
        self._user = (str(connection["username"]), str(connection["password"])) if "username" in connection else None
        self._connection = dict(connection)

    def gateway_of(self, url: str, keeps_alive: bool = False) -> Gateway:
        return Gateway(url, tls=self._tls, login=self._log_in, keeps_alive=keeps_alive)

    def member_list(self) -> list[dict[str, Any]]:
        problem: Exception = ConnectionError("no endpoint was given")
        for url in self.endpoints:
            gateway = self.gateway_of(url)
            try:
                # A read that needs a quorum first: before 3.5 the list itself cannot be asked for one.
                gateway.range("\0", timeout=SECONDS)
                return gateway.member_list(timeout=SECONDS)
            except (OSError, GatewayError) as failed:
                problem = failed
        raise problem

    @property
    def live(self) -> list[RemoteMember]:
        """The started voters that answer."""
        records = [record for record in self.member_list() if record["name"] and not record["isLearner"]]
        members = [
            RemoteMember(record["name"], record["peerURLs"][0], self.gateway_of(record["clientURLs"][0]))
            for record in records
        ]
        return [member for member in members if member.not_ready_because() is None]

    def _log_in(self) -> str | None:
        if self._user is None:
            return None
        problem: Exception = ConnectionError("no endpoint was given")
        for url in self.endpoints:
            try:
                return Gateway(url, tls=self._tls).authenticate(*self._user, timeout=SECONDS)
            except (OSError, GatewayError) as failed:
                problem = failed
        raise problem

    def _tls(self) -> ssl.SSLContext | None:
        """For every connection anew, since the files may have been renewed."""
        if "ca_cert" not in self._connection:
            return None
        context = ssl.create_default_context(cafile=self._connection["ca_cert"])
        if "client_cert" in self._connection:
            context.load_cert_chain(self._connection["client_cert"], self._connection["client_key"])
        return context
