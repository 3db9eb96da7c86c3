# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking for the status in threads: what an endpoint says of itself is kept, and a fault of the asking is not taken for
silence.
"""

from __future__ import annotations

import time
from typing import cast

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection, Endpoint
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import TIMEOUT, EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._operations.endpoint_pool import EndpointPool, StatusInquiry

URL = "http://127.0.0.1:2379"


class Scripted:
    """An endpoint that raises this `late` seconds after its time-out, or, if `late` is none, at once."""

    def __init__(self, error: Exception, late: float | None) -> None:
        self._error = error
        self._late = late

    def status(self, timeout: float) -> None:
        if self._late is not None:
            time.sleep(timeout + self._late)
        raise self._error


def inquiry_of(error: Exception, late: float | None = None) -> StatusInquiry:
    connection = Connection(endpoints=(URL,), request_timeout=0.1)
    inquiry = StatusInquiry(
        EndpointPool(connection, lambda _url, _connection, _login: cast(Endpoint, Scripted(error, late)))
    )
    inquiry.ask(URL)
    return inquiry


def test_an_endpoint_that_ran_out_of_time_says_itself_what_it_waited_for():
    inquiry = inquiry_of(EtcdError(TIMEOUT, "connected, but the TLS handshake did not end in time", URL), late=0.05)
    assert inquiry.next_answer() == URL
    assert "TLS handshake" in inquiry.errors[URL].message


def test_an_endpoint_that_says_nothing_is_not_waited_for():
    inquiry = inquiry_of(EtcdError(TIMEOUT, "far too late", URL), late=5)
    assert inquiry.next_answer() is None
    assert inquiry.errors[URL].message == f"{URL} did not answer in time"


def test_a_fault_of_the_asking_is_raised_and_is_no_silence():
    with pytest.raises(ZeroDivisionError):
        inquiry_of(ZeroDivisionError()).next_answer()


def test_the_time_that_opening_an_endpoint_takes_is_not_taken_from_its_answer():
    answer = object()

    class Prompt:
        def status(self, timeout: float) -> object:
            return answer

    def opened_late(_url: str, _connection: Connection, _login: object) -> Endpoint:
        time.sleep(0.6)
        return cast(Endpoint, Prompt())

    inquiry = StatusInquiry(EndpointPool(Connection(endpoints=(URL,), request_timeout=0.1), opened_late))
    inquiry.ask(URL)
    assert inquiry.next_answer() == URL
    assert inquiry.statuses[URL] is answer


def test_an_endpoint_that_cannot_be_opened_is_told_as_its_answer():
    def unavailable(_url: str, _connection: Connection, _login: object) -> Endpoint:
        raise EtcdError("transport_unavailable", "no etcd3 here", URL)

    inquiry = StatusInquiry(EndpointPool(Connection(endpoints=(URL,)), unavailable))
    inquiry.ask(URL)
    assert inquiry.next_answer() == URL
    assert inquiry.errors[URL].message == "no etcd3 here"
