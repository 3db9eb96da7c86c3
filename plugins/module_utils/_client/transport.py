# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What carries calls to one endpoint, and the error for a call that got lost on the way."""

from __future__ import annotations

import abc
import typing as t

from . import errors

if t.TYPE_CHECKING:
    from .rpcs import Rpc

Fields = t.Dict[str, t.Any]


class Transport(abc.ABC):
    """Carries calls to one endpoint. Requests and answers are dictionaries keyed by the names of rpc.proto; bytes are
    bytes, a field with its zero value may be missing, a 64-bit number may be its decimal text, an enumeration is its
    name.

    `deadline` is a reading of time.monotonic(): every call ends by then, with an answer or an EtcdError.
    """

    url: str

    @abc.abstractmethod
    def unary(self, rpc: Rpc, request: Fields, deadline: float, token: str | None) -> Fields: ...

    @abc.abstractmethod
    def close(self) -> None: ...


def failure(
    code: str, rpc: Rpc, url: str, why: str, sent: bool = True, next_step: str = "", server_words: str = ""
) -> errors.EtcdError:
    """The error for what went wrong on the way, before or instead of an answer of etcd."""
    return errors.EtcdError(
        code,
        f"{rpc.attempt} {url}: {why}",
        endpoint=url,
        server_words=server_words,
        sent=sent,
        next_step=next_step,
    )
