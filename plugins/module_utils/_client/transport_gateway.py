# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd's JSON gateway, with nothing but Python's standard library."""

from __future__ import annotations

import base64
import json
import time
import typing as t

from . import errors, server_errors
from .http1 import HttpConnection, NotHttp, Response
from .open_socket import closed_without_answer, open_connection
from .rpcs import Rpc
from .tcp import TIMED_OUT, words_of
from .transport import Fields, Transport, failure

if t.TYPE_CHECKING:
    from .addresses import Address
    from .endpoint import Connection

# 3.4 and later answer under /v3, a 3.3 server under /v3beta alone (etcd embed/serve.go).
_PREFIXES = ("/v3", "/v3beta")
_LARGEST_ANSWER = 16 * 1024 * 1024
# The server is given a little less than we wait ourselves, so that its own words come before our patience ends.
_SHARE_OF_SERVER = 0.95
_NO_SUCH_CALL = "Not Found"  # grpc-gateway's own words, in plain text (v1) or as code 5 (v2)
_NEVER_CONNECTED = (
    "connection error: desc",
    "connection closed",
    "all SubConns are in TransientFailure",
    "last connection error",
)
_COMMON_NAME = "CommonName of client sending a request against gateway will be ignored"
_PLAINTEXT_AT_TLS_PORT = "HTTP request to an HTTPS server"
_USE_GRPC = "Use transport grpc (or auto), with the Python package etcd3 on the host that runs the module."


class GatewayTransport(Transport):
    """Calls over HTTP/1.1 on one connection that is kept open. Safe to use from one thread at a time."""

    def __init__(self, address: Address, connection: Connection) -> None:
        self.url = address.url
        self._address = address
        self._connection = connection
        self._http: HttpConnection | None = None
        self._prefix: str | None = None

    def unary(self, rpc: Rpc, request: Fields, deadline: float, token: str | None) -> Fields:
        response = self._post(
            rpc, request, self._headers(rpc, token, (deadline - time.monotonic()) * _SHARE_OF_SERVER), deadline
        )
        return self._fields(rpc, response, self._read(rpc, response))

    def _post(self, rpc: Rpc, request: Fields, headers: dict[str, str], deadline: float) -> Response:
        """Sends a call under the prefix that this server knows, and reads the head of the answer."""
        body = _encode(request)
        for prefix in (self._prefix,) if self._prefix else _PREFIXES:
            response = self._exchange(rpc, "POST", prefix + rpc.path, body, headers, deadline)
            if response.status != 404:
                self._prefix = prefix
                return response
            content = self._read(rpc, response)
            if _is_json(response) or content.strip() == _NO_SUCH_CALL.encode():
                self._prefix = prefix
                self._fields(rpc, response, content)
        raise self._without_gateway(rpc, deadline)

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def _headers(self, rpc: Rpc, token: str | None, seconds: float) -> dict[str, str]:
        # Without Accept etcd would take the gateway's own certificate for the user (etcd server/auth/store.go
        # AuthInfoFromTLS).
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Grpc-Timeout": f"{max(1, int(seconds * 1000))}m",
        }
        if rpc.needs_leader:
            headers["Grpc-Metadata-hasleader"] = "true"
        if token:
            headers["Authorization"] = token
        return headers

    def _exchange(
        self, rpc: Rpc, method: str, path: str, body: bytes | None, headers: dict[str, str], deadline: float
    ) -> Response:
        """Sends a request and reads the head of its answer. A kept connection that the server has closed meanwhile is
        opened anew, once and for a read only: nobody knows what became of a change that was sent on it."""
        was_kept = self._http is not None
        try:
            return self._try_exchange(rpc, method, path, body, headers, deadline)
        except errors.EtcdError as error:
            if not (was_kept and rpc.is_read and error.code in (errors.CONNECTION_REFUSED, errors.TLS_ERROR)):
                raise
        return self._try_exchange(rpc, method, path, body, headers, deadline)

    def _try_exchange(
        self, rpc: Rpc, method: str, path: str, body: bytes | None, headers: dict[str, str], deadline: float
    ) -> Response:
        if self._http is None:
            sock = open_connection(rpc, self._address, self._connection, deadline)
            self._http = HttpConnection(sock, self._address.host_and_port, deadline)
        http = self._http
        http.deadline = deadline
        return self._reading(rpc, lambda: http.exchange(method, path, headers, body))

    def _read(self, rpc: Rpc, response: Response) -> bytes:
        content = self._reading(rpc, lambda: response.read(_LARGEST_ANSWER))
        if self._http is not None and not self._http.is_open:
            self.close()
        return content

    def _reading(self, rpc: Rpc, read: t.Callable[[], t.Any]) -> t.Any:
        """Runs one step of an exchange; whatever goes wrong ends the connection and becomes an EtcdError."""
        try:
            return read()
        except (OSError, NotHttp) as error:
            has_answered = self._http is not None and self._http.has_answered
            self.close()
            raise self._broken(rpc, error, has_answered) from error

    def _broken(self, rpc: Rpc, error: Exception, has_answered: bool) -> errors.EtcdError:
        if isinstance(error, TIMED_OUT):
            return failure(errors.TIMEOUT, rpc, self.url, "connected, but no whole answer in time")
        if isinstance(error, NotHttp):
            return failure(
                errors.NOT_ETCD,
                rpc,
                self.url,
                f"the answer is not HTTP: {words_of(error)}",
                next_step="Check the port: 2379 is etcd's own.",
            )
        if has_answered:
            return failure(errors.CONNECTION_REFUSED, rpc, self.url, f"the connection was lost: {words_of(error)}")
        return closed_without_answer(rpc, self._address, self._connection, error)

    def _fields(self, rpc: Rpc, response: Response, content: bytes) -> Fields:
        fields = _decode(content) if _is_json(response) else None
        if fields is None:
            raise self._not_json(rpc, response, content)
        if response.status == 200:
            return fields
        raise self._refusal(rpc, fields)

    def _refusal(self, rpc: Rpc, fields: Fields) -> errors.EtcdError:
        code = fields.get("code")
        words = fields.get("error") or fields.get("message")
        if not isinstance(code, int) or not isinstance(words, str):
            return failure(errors.NOT_ETCD, rpc, self.url, "the answer is JSON, but not etcd's")
        if code == 5 and words == _NO_SUCH_CALL:
            return self._unimplemented(rpc, words)
        if self._address.is_tls and _cannot_log_in_to_its_own_server(rpc, code, words):
            why = (
                "etcd's gateway cannot reach its own server, whose certificate seems not to be made for client "
                f"authentication: {words}"
            )
            return failure(
                errors.TRANSPORT_UNAVAILABLE, rpc, self.url, why, sent=False, server_words=words, next_step=_USE_GRPC
            )
        return server_errors.refusal_of_server(rpc.attempt, self.url, code, words)

    def _unimplemented(self, rpc: Rpc, words: str) -> errors.EtcdError:
        why = f"the gateway of this etcd release has no such call ({words})"
        return failure(errors.UNIMPLEMENTED, rpc, self.url, why, sent=False, server_words=words, next_step=_USE_GRPC)

    def _not_json(self, rpc: Rpc, response: Response, content: bytes) -> errors.EtcdError:
        words = content[:2000].decode("utf-8", "replace").strip()
        if response.status == 404 and words == _NO_SUCH_CALL:
            return self._unimplemented(rpc, words)
        if _COMMON_NAME in words:
            why = f"etcd's gateway takes no client certificate with a common name: {words}"
            return failure(
                errors.TRANSPORT_UNAVAILABLE, rpc, self.url, why, sent=False, server_words=words, next_step=_USE_GRPC
            )
        if _PLAINTEXT_AT_TLS_PORT in words:
            return failure(
                errors.TLS_ERROR,
                rpc,
                self.url,
                f"this port speaks TLS ({words})",
                sent=False,
                next_step="Use https://.",
            )
        if response.status == 421 and "etcd" in words:
            next_step = "Add the host to etcd's --host-whitelist, or use an address that is in it."
            return failure(
                errors.SERVER_ERROR,
                rpc,
                self.url,
                words.splitlines()[0],
                sent=False,
                server_words=words,
                next_step=next_step,
            )
        seen = f"HTTP {response.status} {response.reason}, {response.content_type}, not etcd's JSON"
        next_step = "Check that the endpoint is etcd's client port and that no proxy is in between."
        return failure(errors.NOT_ETCD, rpc, self.url, seen, next_step=next_step)

    def _without_gateway(self, rpc: Rpc, deadline: float) -> errors.EtcdError:
        """Neither prefix is served: an etcd whose gateway is switched off still answers /version."""
        response = self._exchange(rpc, "GET", "/version", None, {"Accept": "application/json"}, deadline)
        content = self._read(rpc, response)
        if response.status == 200 and "etcdserver" in (_decode(content) or ()):
            why = "etcd's gateway is switched off (--enable-grpc-gateway=false)"
            return failure(errors.TRANSPORT_UNAVAILABLE, rpc, self.url, why, sent=False, next_step=_USE_GRPC)
        return self._not_json(rpc, response, content)


def _encode(request: Fields) -> bytes:
    return json.dumps(request, default=_as_base64).encode()


def _as_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decode(content: bytes) -> Fields | None:
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _is_json(response: Response) -> bool:
    return response.content_type == "application/json"


def _cannot_log_in_to_its_own_server(rpc: Rpc, code: int, words: str) -> bool:
    """Whether these are the words of the gateway's own gRPC client, which got no connection; so the call was not made.

    They differ by release and by who hangs up first: `connection closed`, `use of closed network connection`, `broken
    pipe`, `tls: bad certificate`. Of a change only those are taken that cannot mean a connection lost on the way.
    """
    if code != server_errors.UNAVAILABLE or words.startswith("etcdserver: ") or "connection refused" in words:
        return False
    return rpc.is_read or words.startswith(_NEVER_CONNECTED)
