# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A transport that answers from a script and notes what it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._client.rpcs import Rpc
from ansible_collections.quorum.etcd.plugins.module_utils._client.transport import Transport

URL = "http://scripted:2379"
HEADER = {"cluster_id": "10", "member_id": "1", "revision": "7", "raft_term": "3"}


def refusal(code: str) -> EtcdError:
    return EtcdError(code, f"{code} at {URL}", endpoint=URL, server_words=code)


@dataclass
class Asked:
    """One call as the transport got it."""

    method: str
    request: dict[str, Any]
    token: str | None
    deadline: float


@dataclass
class Scripted(Transport):
    """`answers` by method: an answer, an error to raise, or a function of the call that gives either."""

    answers: dict[str, Any]
    asked: list[Asked] = field(default_factory=list)
    url: str = URL
    closed: bool = False

    def unary(self, rpc: Rpc, request: dict[str, Any], deadline: float, token: str | None) -> dict[str, Any]:
        call = Asked(rpc.method, request, token, deadline)
        self.asked.append(call)
        answer = self.answers[rpc.method]
        if callable(answer):
            answer = answer(call)
        if isinstance(answer, EtcdError):
            raise answer
        return {"header": HEADER, **answer}

    def close(self) -> None:
        self.closed = True

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.asked]
