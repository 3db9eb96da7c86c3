# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd's gRPC interface, on the channel of the etcd3 package (0.12.0) and a wire format of our own.

The only transport for RBAC by certificate common name, and for servers whose JSON gateway is switched off.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import typing as t
import warnings

from .._formats import wire_format
from . import errors, server_errors
from .open_socket import closed_without_answer, not_connected, open_connection
from .rpcs import Rpc
from .tcp import Unanswered, open_tcp
from .transport import Fields, Transport, failure

if t.TYPE_CHECKING:
    from .addresses import Address
    from .endpoint import Connection

# etcd3 imports under protobuf's pure Python implementation alone since protobuf 4; grpc logs to stderr what we report.
_ENVIRONMENT = {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python", "GRPC_VERBOSITY": "NONE"}
# A channel of its own for each endpoint, so that no earlier failure makes a later call wait, and no proxy in between.
_OPTIONS = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))
# After the time-out of a call, so it has to be short; whoever can be reached takes a connection within milliseconds.
_SECONDS_TO_CONNECT = 0.2
_NOT_CONNECTED = ("failed to connect to all addresses", "DNS resolution failed", "errors resolving")
_NOT_HTTP2 = ("http1.x server", "http2 header with status", "Received http", "content-type", "SETTINGS")


class GrpcTransport(Transport):
    """Calls over one gRPC channel, opened at the first call and anew after a lost connection."""

    def __init__(self, address: Address, connection: Connection) -> None:
        """Raises EtcdError `transport_unavailable` where etcd3 cannot be imported."""
        self.url = address.url
        self._address = address
        self._connection = connection
        self._client: t.Any = None
        self._has_answered = False
        with _environment():
            self._grpc, self._etcd3 = _import(address.url)

    def unary(self, rpc: Rpc, request: Fields, deadline: float, token: str | None) -> Fields:
        channel = self._channel(rpc, deadline)
        call = channel.unary_unary(rpc.grpc_path)
        try:
            content = call(
                _encoded(rpc, request), timeout=max(0.0, deadline - time.monotonic()), metadata=_metadata(rpc, token)
            )
        except self._grpc.RpcError as error:
            raise self._explain(rpc, error, deadline) from error
        self._has_answered = True
        return self._decoded(rpc, content)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _channel(self, rpc: Rpc, deadline: float) -> t.Any:
        if self._client is None:
            with _environment():
                self._client = self._open(rpc, deadline)
        return self._client.channel

    def _open(self, rpc: Rpc, deadline: float) -> t.Any:
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        if not self._address.is_tls:
            return self._etcd3.Etcd3Client(host, self._address.port, grpc_options=_OPTIONS)
        from . import grpc_tls  # pylint: disable=import-outside-toplevel

        credentials, options = grpc_tls.credentials(self._grpc, rpc, self._address, self._connection, deadline)
        client = _secure_client(self._etcd3, credentials)(
            host, self._address.port, ca_cert="", grpc_options=_OPTIONS + options
        )
        if not client.uses_secure_channel:
            client.close()
            why = "this release of etcd3 would not open a secure channel, and https never becomes plaintext"
            raise failure(
                errors.TRANSPORT_UNAVAILABLE, rpc, self.url, why, sent=False, next_step="Install etcd3 0.12.0."
            )
        return client

    def _decoded(self, rpc: Rpc, content: bytes) -> Fields:
        try:
            return wire_format.decode(rpc.message + "Response", content)
        except wire_format.Malformed as error:
            raise failure(errors.NOT_ETCD, rpc, self.url, f"the answer is not etcd's: {error}") from error

    def _explain(self, rpc: Rpc, error: t.Any, deadline: float) -> errors.EtcdError:
        code, words = error.code().value[0], error.details() or ""
        if _are_etcds(words) or not _is_made_by_grpc(code, words):
            self._has_answered = True
            return server_errors.refusal_of_server(rpc.attempt, self.url, code, words)
        had_answered, self._has_answered = self._has_answered, False
        self.close()
        if code == server_errors.DEADLINE_EXCEEDED:
            return self._unanswered(rpc, had_answered, words)
        if had_answered and not words.startswith(_NOT_CONNECTED):
            return failure(errors.CONNECTION_REFUSED, rpc, self.url, f"the connection was lost: {words}")
        return self._broken(rpc, words, deadline)

    def _unanswered(self, rpc: Rpc, had_answered: bool, words: str) -> errors.EtcdError:
        """gRPC does not say whether it was connected; if nothing ever answered, a quick attempt of our own does."""
        if not had_answered:
            try:
                open_tcp(self._address.host, self._address.port, time.monotonic() + _SECONDS_TO_CONNECT).close()
            except Unanswered as silence:
                unanswered = not_connected(rpc, self._address, silence)
                unanswered.sent = True  # the call may have gone out before the network was cut
                return unanswered
            except OSError:
                pass
        return failure(errors.TIMEOUT, rpc, self.url, "no answer in time", server_words=words)

    def _broken(self, rpc: Rpc, words: str, deadline: float) -> errors.EtcdError:
        """gRPC says little of why it got no answer; a connection of our own finds out.

        It may take a second beyond the deadline.
        """
        try:
            open_connection(rpc, self._address, self._connection, max(deadline, time.monotonic() + 1)).close()
        except errors.EtcdError as failed:
            # What our own connection met says nothing of whether the call had gone out before.
            failed.sent = not words.startswith(_NOT_CONNECTED)
            return failed
        if any(sign in words for sign in _NOT_HTTP2):
            return failure(
                errors.NOT_ETCD,
                rpc,
                self.url,
                words,
                next_step="Check that the endpoint is etcd's client port and that no proxy is in between.",
            )
        return closed_without_answer(rpc, self._address, self._connection, ConnectionError(words))


@contextlib.contextmanager
def _environment() -> t.Iterator[None]:
    """Sets what grpc and protobuf read when they are first used, and leaves the environment as it was."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _import(url: str) -> tuple[t.Any, t.Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # protobuf's, hundreds of them, about etcd3's messages
            import etcd3  # pylint: disable=import-outside-toplevel
            import grpc  # pylint: disable=import-outside-toplevel
    # protobuf raises a TypeError when it does not like etcd3
    except Exception as error:  # pylint: disable=broad-exception-caught
        words = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise errors.EtcdError(
            errors.TRANSPORT_UNAVAILABLE,
            f"asking {url} over gRPC: the Python package etcd3 cannot be imported by {sys.executable}: {words}",
            endpoint=url,
            sent=False,
            next_step=_how_to_import(error),
        ) from error
    return grpc, etcd3


def _how_to_import(error: Exception) -> str:
    if isinstance(error, TypeError) and "Descriptors" in str(error):
        return (
            "Set PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python in the task's environment: protobuf was loaded before "
            "that could be chosen."
        )
    return f"Install it where the module runs: {sys.executable} -m pip install etcd3"


def _secure_client(etcd3: t.Any, credentials: t.Any) -> t.Any:
    """etcd3's client with credentials made by us: its own would need a CA file, and open a plaintext channel without
    one.
    """

    class SecureClient(etcd3.Etcd3Client):  # type: ignore[misc]
        def _get_secure_creds(self, *_files: object) -> t.Any:
            return credentials

    return SecureClient


def _encoded(rpc: Rpc, request: Fields) -> bytes:
    return wire_format.encode(rpc.message + "Request", request)


def _metadata(rpc: Rpc, token: str | None) -> tuple[tuple[str, str], ...]:
    return ((("hasleader", "true"),) if rpc.needs_leader else ()) + ((("token", token),) if token else ())


def _are_etcds(words: str) -> bool:
    return words.startswith(("etcdserver: ", "auth: "))


def _is_made_by_grpc(code: int, words: str) -> bool:
    """Whether gRPC itself made this status, rather than a server: no connection, no time, no HTTP/2."""
    return code in (server_errors.DEADLINE_EXCEEDED, server_errors.UNAVAILABLE) or any(
        sign in words for sign in _NOT_HTTP2
    )
