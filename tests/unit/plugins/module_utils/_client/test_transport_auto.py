# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where `auto` turns from the gateway to gRPC, and where it does not."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors, rpcs, transport_auto, transport_grpc
from ansible_collections.quorum.etcd.plugins.module_utils._client.addresses import parse_endpoint
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError

from .scripted import URL, Scripted, refusal

OVER_GRPC = {"from": "grpc"}


@pytest.fixture
def wired(monkeypatch):
    """An automatic transport whose gateway answers as told; gRPC always answers, or cannot be had."""

    def up(gateway_answer, grpc_is_there=True):
        gateway = Scripted({"HashKV": gateway_answer, "Status": {}})
        grpc = Scripted(dict.fromkeys(["HashKV", "Status"], OVER_GRPC))

        def open_grpc(_address, _connection):
            if not grpc_is_there:
                raise EtcdError(errors.TRANSPORT_UNAVAILABLE, "etcd3 cannot be imported", next_step="pip install etcd3")
            return grpc

        monkeypatch.setattr(transport_auto, "GatewayTransport", lambda _address, _connection: gateway)
        monkeypatch.setattr(transport_grpc, "GrpcTransport", open_grpc)
        return transport_auto.AutoTransport(parse_endpoint(URL), Connection()), gateway, grpc

    return up


def ask(transport, rpc=rpcs.HASH_KV):
    return transport.unary(rpc, {}, 0.0, None)


def test_the_gateway_serves(wired):
    transport, gateway, grpc = wired({"from": "gateway"})
    assert ask(transport)["from"] == "gateway"
    assert (gateway.methods, grpc.methods) == (["HashKV"], [])


def test_a_gateway_that_cannot_serve_is_not_asked_again(wired):
    transport, gateway, grpc = wired(refusal(errors.TRANSPORT_UNAVAILABLE))
    assert ask(transport)["from"] == "grpc"
    assert ask(transport, rpcs.STATUS)["from"] == "grpc"
    assert (gateway.methods, grpc.methods) == (["HashKV"], ["HashKV", "Status"])
    assert gateway.closed


def test_a_call_that_the_gateway_does_not_have_goes_over_grpc_alone(wired):
    transport, gateway, grpc = wired(refusal(errors.UNIMPLEMENTED))
    assert ask(transport)["from"] == "grpc"
    ask(transport, rpcs.STATUS)
    assert (gateway.methods, grpc.methods) == (["HashKV", "Status"], ["HashKV"])


@pytest.mark.parametrize(
    "code",
    [
        errors.TIMEOUT,
        errors.CONNECTION_REFUSED,
        errors.TLS_ERROR,
        errors.NO_LEADER,
        errors.AUTH_REQUIRED,
        errors.NOT_ETCD,
    ],
)
def test_other_errors_are_the_answer(wired, code):
    transport, _gateway, grpc = wired(refusal(code))
    with pytest.raises(EtcdError) as caught:
        ask(transport)
    assert caught.value.code == code
    assert grpc.methods == []


def test_without_grpc_both_reasons_are_told_and_what_to_install(wired):
    transport, _gateway, _grpc = wired(refusal(errors.TRANSPORT_UNAVAILABLE), grpc_is_there=False)
    with pytest.raises(EtcdError) as caught:
        ask(transport)
    assert caught.value.code == errors.TRANSPORT_UNAVAILABLE
    assert URL in caught.value.message
    assert "etcd3 cannot be imported" in caught.value.message
    assert caught.value.next_step == "pip install etcd3"
    assert caught.value.sent is False


def test_closing_closes_both(wired):
    transport, gateway, grpc = wired(refusal(errors.UNIMPLEMENTED))
    ask(transport)
    transport.close()
    assert gateway.closed
    assert grpc.closed
