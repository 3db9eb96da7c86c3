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

from . import errors
from .http1 import HttpConnection, NotHttp, Response
from .open_socket import closed_without_answer, open_connection
from .rpcs import Rpc
from .tcp import TIMED_OUT
from .transport import Fields, Transport

if t.TYPE_CHECKING:
    from .addresses import Address
    from .endpoint import Connection

# 3.4 and later answer under /v3, a 3.3 server under /v3beta alone (etcd embed/serve.go).
_PREFIXES = ("/v3", "/v3beta")
_LARGEST_ANSWER = 16 * 1024 * 1024
# The server is given a little less than we wait ourselves, so that its own words come before our patience ends.
_SHARE_OF_SERVER = 0.95


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
            # Here and below: most calls succeed, and every import is paid at each task.
            from .gateway_errors import NO_SUCH_CALL  # pylint: disable=import-outside-toplevel

            content = self._read(rpc, response)
            if _is_json(response) or content.strip() == NO_SUCH_CALL.encode():
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
            if has_answered or isinstance(error, (NotHttp, *TIMED_OUT)):
                from .gateway_errors import broken  # pylint: disable=import-outside-toplevel

                raise broken(rpc, self.url, error) from error
            raise closed_without_answer(rpc, self._address, self._connection, error) from error

    def _fields(self, rpc: Rpc, response: Response, content: bytes) -> Fields:
        fields = _decode(content) if _is_json(response) else None
        if fields is not None and response.status == 200:
            return fields
        from .gateway_errors import not_json, refused  # pylint: disable=import-outside-toplevel

        if fields is None:
            raise not_json(rpc, self.url, response, content)
        raise refused(rpc, self._address, fields)

    def _without_gateway(self, rpc: Rpc, deadline: float) -> errors.EtcdError:
        """Neither prefix is served: an etcd whose gateway is switched off still answers /version."""
        from .gateway_errors import not_json, switched_off  # pylint: disable=import-outside-toplevel

        response = self._exchange(rpc, "GET", "/version", None, {"Accept": "application/json"}, deadline)
        content = self._read(rpc, response)
        if response.status == 200 and "etcdserver" in (_decode(content) or ()):
            return switched_off(rpc, self.url)
        return not_json(rpc, self.url, response, content)


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
