# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Why a call over etcd's JSON gateway failed, from what came instead of an answer.

Apart from the transport, since most calls succeed, and every import is paid at each task.
"""

from __future__ import annotations

import typing as t

from . import errors, server_errors
from .http1 import NotHttp, Response
from .tcp import TIMED_OUT, words_of
from .transport import Fields, failure

if t.TYPE_CHECKING:
    from .addresses import Address
    from .rpcs import Rpc

NO_SUCH_CALL = "Not Found"  # grpc-gateway's own words, in plain text (v1) or as code 5 (v2)
_NEVER_CONNECTED = (
    "connection error: desc",
    "connection closed",
    "all SubConns are in TransientFailure",
    "last connection error",
)
_COMMON_NAME = "CommonName of client sending a request against gateway will be ignored"
_PLAINTEXT_AT_TLS_PORT = "HTTP request to an HTTPS server"
_USE_GRPC = "Use transport grpc (or auto), with the Python package etcd3 on the host that runs the module."


def broken(rpc: Rpc, url: str, error: Exception) -> errors.EtcdError:
    """For an exchange that ended before its answer was whole."""
    if isinstance(error, TIMED_OUT):
        return failure(errors.TIMEOUT, rpc, url, "connected, but no whole answer in time")
    if isinstance(error, NotHttp):
        return failure(
            errors.NOT_ETCD,
            rpc,
            url,
            f"the answer is not HTTP: {words_of(error)}",
            next_step="Check the port: 2379 is etcd's own.",
        )
    return failure(errors.CONNECTION_REFUSED, rpc, url, f"the connection was lost: {words_of(error)}")


def refused(rpc: Rpc, address: Address, fields: Fields) -> errors.EtcdError:
    """For JSON that is no success."""
    url = address.url
    code = fields.get("code")
    words = fields.get("error") or fields.get("message")
    if not isinstance(code, int) or not isinstance(words, str):
        return failure(errors.NOT_ETCD, rpc, url, "the answer is JSON, but not etcd's")
    if code == 5 and words == NO_SUCH_CALL:
        return _unimplemented(rpc, url, words)
    if address.is_tls and _cannot_log_in_to_its_own_server(rpc, code, words):
        why = (
            "etcd's gateway cannot reach its own server, whose certificate seems not to be made for client "
            f"authentication: {words}"
        )
        return failure(errors.TRANSPORT_UNAVAILABLE, rpc, url, why, sent=False, server_words=words, next_step=_USE_GRPC)
    return server_errors.refusal_of_server(rpc.attempt, url, code, words)


def not_json(rpc: Rpc, url: str, response: Response, content: bytes) -> errors.EtcdError:
    """For an answer in other words than JSON."""
    words = content[:2000].decode("utf-8", "replace").strip()
    if response.status == 404 and words == NO_SUCH_CALL:
        return _unimplemented(rpc, url, words)
    if _COMMON_NAME in words:
        why = f"etcd's gateway takes no client certificate with a common name: {words}"
        return failure(errors.TRANSPORT_UNAVAILABLE, rpc, url, why, sent=False, server_words=words, next_step=_USE_GRPC)
    if _PLAINTEXT_AT_TLS_PORT in words:
        return failure(
            errors.TLS_ERROR, rpc, url, f"this port speaks TLS ({words})", sent=False, next_step="Use https://."
        )
    if response.status == 421 and "etcd" in words:
        next_step = "Add the host to etcd's --host-whitelist, or use an address that is in it."
        return failure(
            errors.SERVER_ERROR,
            rpc,
            url,
            words.splitlines()[0],
            sent=False,
            server_words=words,
            next_step=next_step,
        )
    seen = f"HTTP {response.status} {response.reason}, {response.content_type}, not etcd's JSON"
    next_step = "Check that the endpoint is etcd's client port and that no proxy is in between."
    return failure(errors.NOT_ETCD, rpc, url, seen, next_step=next_step)


def switched_off(rpc: Rpc, url: str) -> errors.EtcdError:
    why = "etcd's gateway is switched off (--enable-grpc-gateway=false)"
    return failure(errors.TRANSPORT_UNAVAILABLE, rpc, url, why, sent=False, next_step=_USE_GRPC)


def _unimplemented(rpc: Rpc, url: str, words: str) -> errors.EtcdError:
    why = f"the gateway of this etcd release has no such call ({words})"
    return failure(errors.UNIMPLEMENTED, rpc, url, why, sent=False, server_words=words, next_step=_USE_GRPC)


def _cannot_log_in_to_its_own_server(rpc: Rpc, code: int, words: str) -> bool:
    """Whether these are the words of the gateway's own gRPC client, which got no connection; so the call was not made.

    They differ by release and by who hangs up first: `connection closed`, `use of closed network connection`, `broken
    pipe`, `tls: bad certificate`. Of a change only those are taken that cannot mean a connection lost on the way.
    """
    if code != server_errors.UNAVAILABLE or words.startswith("etcdserver: ") or "connection refused" in words:
        return False
    return rpc.is_read or words.startswith(_NEVER_CONNECTED)
