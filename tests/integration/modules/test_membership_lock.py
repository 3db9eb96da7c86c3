# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock on the membership, on a clock of the test's own: how long it is held, and when it is taken anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection, Endpoint
from ansible_collections.quorum.etcd.plugins.module_utils._client.login import Login
from ansible_collections.quorum.etcd.plugins.module_utils._client.open_endpoint import open_endpoint
from ansible_collections.quorum.etcd.plugins.module_utils._operations.lock import MembershipLock

from tests.testbed import Cluster

from .recorded import Recording, recorded

REQUEST_SECONDS = 5.0
LEASE_SECONDS = 15


class StandingClock:
    """Stands still until it is moved on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


pytestmark = pytest.mark.etcd(size=1)


@pytest.fixture
def recording(etcd_cluster: Cluster) -> Iterator[Recording]:
    with recorded(etcd_cluster) as recording:
        yield recording


@pytest.fixture
def endpoint(recording: Recording) -> Iterator[Endpoint]:
    url = recording.proxies["etcd1"].url
    endpoint = open_endpoint(
        url, Connection(endpoints=(url,), transport="gateway", request_timeout=REQUEST_SECONDS), Login()
    )
    yield endpoint
    endpoint.close()


def held(clock: StandingClock, endpoint: Endpoint) -> MembershipLock:
    lock = MembershipLock(clock, REQUEST_SECONDS)
    assert lock.acquire(endpoint)
    return lock


def test_it_keeps_others_out_until_it_is_given_back(endpoint: Endpoint):
    lock, other = held(StandingClock(), endpoint), MembershipLock(StandingClock(), REQUEST_SECONDS)
    assert not other.acquire(endpoint)
    assert not other.may_be_our_own
    lock.release(endpoint)
    assert other.acquire(endpoint)


def test_with_time_for_a_look_and_a_change_it_is_left_as_it_is(recording: Recording, endpoint: Endpoint):
    clock = StandingClock()
    lock = held(clock, endpoint)
    clock.now += LEASE_SECONDS - 2 * REQUEST_SECONDS - 0.1
    lock.renew(endpoint)
    assert recording.mutating == ["/lease/grant"]
    assert lock.is_held


def test_with_less_it_is_taken_anew_before_it_can_no_longer_be_told_from_another_runs(
    recording: Recording, endpoint: Endpoint
):
    clock = StandingClock()
    lock = held(clock, endpoint)
    clock.now += LEASE_SECONDS - 2 * REQUEST_SECONDS
    lock.renew(endpoint)
    assert recording.mutating == ["/lease/grant", "/kv/lease/revoke", "/lease/grant"]
    clock.now += LEASE_SECONDS - REQUEST_SECONDS - 0.1
    assert lock.is_held
    clock.now += 0.1
    assert not lock.is_held


def test_with_no_time_left_for_a_change_it_is_neither_held_nor_given_back(recording: Recording, endpoint: Endpoint):
    """By the time that a request arrived it could be another run's."""
    clock = StandingClock()
    lock = held(clock, endpoint)
    clock.now += LEASE_SECONDS - REQUEST_SECONDS
    lock.renew(endpoint)
    lock.release(endpoint)
    assert not lock.is_held
    assert recording.mutating == ["/lease/grant"]
