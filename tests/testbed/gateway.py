# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test bed's own eyes on etcd: its JSON gateway over the standard library, nothing shared with the collection.

A test that asks the collection what the collection did proves little; this is the second witness.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

LOGIN_WANTED = (2, 3, 7, 16)
"""Unknown ("auth: ..." of maintenance calls up to 3.5), invalid argument ("user name is empty"), denied, no valid
token.
"""
SECONDS_TO_LEARN_A_TOKEN = 2.0


class GatewayError(Exception):
    """etcd answered, and refused; ``message`` is in its own words."""

    def __init__(self, http_status: int, code: int, message: str) -> None:
        super().__init__(f"{message} (HTTP {http_status}, code {code})")
        self.http_status = http_status
        self.code = code
        self.message = message


class Gateway:
    """One member's client URL. Network trouble is raised as ``OSError``, a refusal as :class:`GatewayError`.

    ``login`` gets a token from the cluster, or ``None`` where it has no users: a learner serves with a token, and
    cannot give one. With ``keeps_alive`` it holds one connection, and serves one thread.
    """

    def __init__(
        self,
        url: str,
        minor: str = "3.5",
        tls: Callable[[], ssl.SSLContext | None] = lambda: None,
        login: Callable[[], str | None] = lambda: None,
        keeps_alive: bool = False,
    ) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or 0
        self._tls = tls
        self._login = login
        self._token: str | None = None
        self._keeps_alive = keeps_alive
        self._kept: http.client.HTTPConnection | None = None
        self._prefix = "/v3beta" if minor == "3.3" else "/v3"
        self._tells_linearizable_lists = minor not in ("3.3", "3.4")

    def close(self) -> None:
        """Closes the connection that is kept, if one is."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def get(self, path: str, timeout: float) -> tuple[int, str]:
        """A plain GET, as of ``/health``, ``/version`` or ``/metrics``: HTTP status and text."""
        return self._request("GET", path, None, {}, timeout)

    def call(self, path: str, body: dict[str, Any] | None = None, timeout: float = 5.0) -> dict[str, Any]:
        """One gateway call, such as ``/cluster/member/list``; logs in where the cluster has a user and demands one."""
        try:
            return self._call(path, body or {}, timeout)
        except GatewayError as refusal:
            # Nobody said who asks, or a restarted member of 3.5 has forgotten its tokens. Without quorum nobody can log
            # in, while older releases tell their status to anyone: so first without.
            if refusal.code not in LOGIN_WANTED or not self._renew_token():
                raise
        return self._call_with_a_new_token(path, body or {}, timeout)

    def _call_with_a_new_token(self, path: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Another member may have given the token: this one knows it as soon as it has applied that."""
        ends = time.monotonic() + SECONDS_TO_LEARN_A_TOKEN
        while True:
            try:
                return self._call(path, body, timeout)
            except GatewayError as refusal:
                if "invalid auth token" not in refusal.message or time.monotonic() >= ends:
                    raise
            time.sleep(0.01)

    def authenticate(self, name: str, password: str, timeout: float = 5.0) -> str:
        """A token for that user; only a voter gives one."""
        self._token = None
        return str(self._call("/auth/authenticate", {"name": name, "password": password}, timeout)["token"])

    def status(self, timeout: float = 1.0) -> dict[str, Any]:
        """The member's own view: numbers as ``int``, what etcd leaves out filled in."""
        answer = self.call("/maintenance/status", timeout=timeout)
        header = answer.get("header", {})
        return {
            "cluster_id": int(header.get("cluster_id", 0)),
            "member_id": int(header.get("member_id", 0)),
            "revision": int(header.get("revision", 0)),
            "leader": int(answer.get("leader", 0)),
            "term": int(answer.get("raftTerm", 0)),
            "index": int(answer.get("raftIndex", 0)),
            "applied": int(answer.get("raftAppliedIndex", 0)),
            "version": answer.get("version", ""),
            "is_learner": bool(answer.get("isLearner", False)),
            "errors": answer.get("errors", []),
        }

    def member_list(self, linearizable: bool = True, timeout: float = 5.0) -> list[dict[str, Any]]:
        """The members in etcd's own field names: ``ID`` (int), ``name``, ``peerURLs``, ``clientURLs``,
        ``isLearner``.
        """
        if linearizable and not self._tells_linearizable_lists:
            self.call("/kv/range", {"key": _b64("\0"), "limit": 1, "keys_only": True}, timeout)
        answer = self.call(
            "/cluster/member/list", {"linearizable": linearizable} if self._tells_linearizable_lists else {}, timeout
        )
        return [_member(record) for record in answer.get("members", [])]

    def member_add(self, peer_urls: list[str], learner: bool = False, timeout: float = 5.0) -> int:
        """Registers a member and returns its id."""
        return int(
            self.call("/cluster/member/add", {"peerURLs": peer_urls, "isLearner": learner}, timeout)["member"]["ID"]
        )

    def member_remove(self, member_id: int, timeout: float = 5.0) -> None:
        self.call("/cluster/member/remove", {"ID": str(member_id)}, timeout)

    def member_promote(self, member_id: int, timeout: float = 5.0) -> None:
        self.call("/cluster/member/promote", {"ID": str(member_id)}, timeout)

    def member_update(self, member_id: int, peer_urls: list[str], timeout: float = 5.0) -> None:
        self.call("/cluster/member/update", {"ID": str(member_id), "peerURLs": peer_urls}, timeout)

    def move_leader(self, member_id: int, timeout: float = 5.0) -> None:
        """Only the leader accepts it."""
        self.call("/maintenance/transfer-leadership", {"targetID": str(member_id)}, timeout)

    def put(self, key: str, value: str, timeout: float = 5.0) -> int:
        """Writes, and returns the revision of the write."""
        answer = self.call("/kv/put", {"key": _b64(key), "value": _b64(value)}, timeout)
        return int(answer["header"]["revision"])

    def range(
        self, key: str, prefix: bool = False, serializable: bool = False, timeout: float = 5.0
    ) -> tuple[int, dict[str, tuple[str, int]]]:
        """The revision of the answer, and for each key found its value and modification revision."""
        body: dict[str, Any] = {"key": _b64(key), "serializable": serializable}
        if prefix:
            body["range_end"] = _b64(key[:-1] + chr(ord(key[-1]) + 1))
        answer = self.call("/kv/range", body, timeout)
        found = {
            _text(item["key"]): (_text(item.get("value", "")), int(item["mod_revision"]))
            for item in answer.get("kvs", [])
        }
        return int(answer["header"]["revision"]), found

    def _renew_token(self) -> bool:
        self._token = self._login()
        return self._token is not None

    def _call(self, path: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
        # Without this header etcd takes its own certificate's common name for the user.
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = self._token
        status, text = self._request("POST", self._prefix + path, json.dumps(body), headers, timeout)
        try:
            answer = json.loads(text)
        except ValueError:
            raise GatewayError(status, -1, text.strip()[:200] or "an empty answer") from None
        if status != 200:
            raise GatewayError(
                status, int(answer.get("code", -1)), answer.get("message") or answer.get("error") or text[:200]
            )
        return answer

    def _request(
        self, method: str, path: str, body: str | None, headers: dict[str, str], timeout: float
    ) -> tuple[int, str]:
        connection = self._kept or self._connect()
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = response.status, response.read().decode()
        except http.client.HTTPException as problem:
            self.close()
            raise ConnectionError(f"{self._host}:{self._port}: {problem!r}") from problem
        except OSError:
            self.close()
            raise
        finally:
            if not self._keeps_alive:
                connection.close()
        self._kept = connection if self._keeps_alive else None
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        tls = self._tls()
        if tls is None:
            return http.client.HTTPConnection(self._host, self._port)
        return http.client.HTTPSConnection(self._host, self._port, context=tls)


def _member(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "ID": int(record["ID"]),
        "name": record.get("name", ""),
        "peerURLs": list(record.get("peerURLs", [])),
        "clientURLs": list(record.get("clientURLs", [])),
        "isLearner": bool(record.get("isLearner", False)),
    }


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode()
