# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token that one member gave is known to another one a little later."""

from __future__ import annotations

from typing import Any

import pytest

from tests.testbed import gateway
from tests.testbed.gateway import Gateway, GatewayError

UNKNOWN = GatewayError(401, 16, "etcdserver: invalid auth token")
DENIED = GatewayError(403, 7, "etcdserver: permission denied")


def member_that_answers(monkeypatch: pytest.MonkeyPatch, *answers: GatewayError | dict[str, Any]) -> Gateway:
    asked = Gateway("http://127.0.0.1:1", login=lambda: "a token")
    script = list(answers)

    def answer(*_call: object) -> dict[str, Any]:
        given = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(given, GatewayError):
            raise given
        return given

    monkeypatch.setattr(asked, "_call", answer)
    return asked


def test_a_member_that_does_not_know_the_token_yet_is_asked_again(monkeypatch):
    asked = member_that_answers(monkeypatch, UNKNOWN, UNKNOWN, UNKNOWN, {"header": {}})
    assert asked.call("/maintenance/status") == {"header": {}}


def test_a_member_that_never_knows_it_ends_the_wait(monkeypatch):
    monkeypatch.setattr(gateway, "SECONDS_TO_LEARN_A_TOKEN", 0.05)
    with pytest.raises(GatewayError, match="invalid auth token"):
        member_that_answers(monkeypatch, UNKNOWN).call("/maintenance/status")


def test_another_refusal_is_final(monkeypatch):
    with pytest.raises(GatewayError, match="permission denied"):
        member_that_answers(monkeypatch, UNKNOWN, DENIED, {}).call("/maintenance/status")
