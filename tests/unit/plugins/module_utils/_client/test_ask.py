# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking all endpoints at once, whatever becomes of each."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.addresses import InvalidEndpoint
from ansible_collections.quorum.etcd.plugins.module_utils._client.ask import ask_each
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._client.open_endpoint import open_endpoint


def endpoint(name: str) -> Any:
    """All that asking needs of an endpoint."""
    return SimpleNamespace(url=name, budget_ends=None)


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_answers_come_in_the_order_of_the_endpoints(count):
    endpoints = [endpoint(str(number)) for number in range(count)]
    answers = ask_each(endpoints, lambda asked: asked.url, 1)
    assert [(answer.endpoint.url, answer.value, answer.error) for answer in answers] == [
        (str(number), str(number), None) for number in range(count)
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_an_error_is_an_answer(count):
    endpoints = [endpoint(str(number)) for number in range(count)]
    failure = EtcdError(errors.TIMEOUT, "no answer")

    def question(asked):
        if asked is endpoints[-1]:
            raise failure
        return asked.url

    answers = ask_each(endpoints, question, 1)
    assert answers[-1].error is failure
    assert answers[-1].value is None
    assert all(answer.error is None for answer in answers[:-1])


@pytest.mark.parametrize("count", [1, 3])
def test_a_fault_is_no_answer(count):
    with pytest.raises(ZeroDivisionError):
        ask_each([endpoint(str(number)) for number in range(count)], lambda _asked: 1 // 0, 1)


def test_one_endpoint_costs_no_thread():
    (answer,) = ask_each([endpoint("a")], lambda _asked: threading.current_thread(), 1)
    assert answer.value is threading.current_thread()


def test_several_are_asked_at_once():
    meeting = threading.Barrier(3, timeout=2)
    answers = ask_each([endpoint(name) for name in "abc"], lambda _asked: meeting.wait(), 2)
    assert {answer.value for answer in answers} == {0, 1, 2}


@pytest.mark.measures_time
def test_a_question_that_never_ends_is_a_timeout_of_that_endpoint():
    release = threading.Event()
    began = time.monotonic()
    first, second = ask_each(
        [endpoint("http://hangs:1"), endpoint("b")],
        lambda asked: asked.url if asked.url == "b" else release.wait(10),
        0.2,
    )
    assert time.monotonic() - began < 1
    release.set()
    assert first.error is not None
    assert first.error.code == errors.TIMEOUT
    assert "http://hangs:1" in first.error.message
    assert second.value == "b"


def test_the_budget_holds_while_the_question_is_asked_only():
    endpoints = [endpoint("a"), endpoint("b")]
    began = time.monotonic()
    answers = ask_each(endpoints, lambda asked: (asked.budget_ends or 0) - began, 5)
    assert all(4.5 < (answer.value or 0) < 5.5 for answer in answers)
    assert [asked.budget_ends for asked in endpoints] == [None, None]


def test_what_is_no_endpoint_is_not_opened():
    with pytest.raises(InvalidEndpoint):
        open_endpoint("unix:///etcd.sock", Connection())


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "http://h:1"),
        ({"ca_cert": "/ca.pem"}, "https://h:1"),
        ({"client_cert": "/c", "client_key": "/k"}, "https://h:1"),
    ],
)
def test_an_endpoint_without_scheme_is_https_where_tls_options_are_given(options, url):
    assert open_endpoint("h:1", Connection(transport="gateway", **options)).url == url
