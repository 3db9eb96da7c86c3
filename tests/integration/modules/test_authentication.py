# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd_authentication: nobody is locked out unasked, and root's password is the given one from the first moment."""

from __future__ import annotations

from typing import Any

import pytest

from tests.testbed import Cluster
from tests.testbed.gateway import GatewayError

from ..differences import oldest_and_newest
from .driver import Run, run_main

PASSWORD = "sesame-of-the-test"
MARK = "quorum_etcd_unfinished"

each_release = pytest.mark.parametrize("version", oldest_and_newest("3.4"))
each_transport = pytest.mark.parametrize("transport", ["gateway", "grpc"])


def enable(cluster: Cluster, check_mode: bool = False, **options: Any) -> Run:
    arguments = {"wait_timeout": 20, **cluster.connection, "root_password": PASSWORD, **options}
    return run_main("etcd_authentication", arguments, check_mode)


def call(cluster: Cluster, path: str, **request: str) -> dict[str, Any]:
    """A call of a client without a user."""
    return cluster.live[0].gateway.call(path, request)


def refused_with(words: str, cluster: Cluster, path: str, **request: str) -> bool:
    """Whether etcd refuses the call with these words; any other error is raised."""
    try:
        call(cluster, path, **request)
    except GatewayError as error:
        if words in str(error):
            return True
        raise
    return False


def is_on(cluster: Cluster) -> bool:
    return refused_with("user name is empty", cluster, "/auth/user/list")


def logs_in(cluster: Cluster, password: str) -> bool:
    """Whether root's password is this one; only etcd with authentication on tells."""
    path = "/auth/authenticate"
    return not refused_with("invalid user ID or password", cluster, path, name="root", password=password)


def users(cluster: Cluster) -> list[str]:
    return call(cluster, "/auth/user/list").get("users", [])


@each_transport
@each_release
@pytest.mark.etcd(size=3)
def test_a_new_cluster_demands_users_after_one_run_and_a_second_run_changes_nothing(cluster: Cluster, transport: str):
    foretold = enable(cluster, check_mode=True, transport=transport)
    assert foretold.changed
    assert users(cluster) == []

    run = enable(cluster, transport=transport)

    assert run.done == ["mark_unfinished", "add_root", "grant_role_root", "enable", "unmark"], run
    assert run.planned == foretold.planned
    assert run["diff"] == foretold["diff"]
    assert run["diff"]["after"] == "authentication: enabled\nusers: root\n"
    assert is_on(cluster)
    assert logs_in(cluster, PASSWORD)
    for check_mode in (True, False):
        again = enable(cluster, check_mode, transport=transport)
        assert not again.changed
        assert (again["enabled"], again["users"], again["plan"]) == (True, ["root"], [])


@each_transport
@each_release
@pytest.mark.etcd(size=1, tls=True)
def test_it_works_over_tls(cluster: Cluster, transport: str):
    assert enable(cluster, transport=transport).changed
    assert is_on(cluster)


@pytest.mark.parametrize("check_mode", [True, False])
@each_release
@pytest.mark.etcd(size=1)
def test_clients_are_not_locked_out_unasked(cluster: Cluster, check_mode: bool):
    cluster.put("a", "client")
    call(cluster, "/auth/user/add", name="app", password="of-the-app")

    run = enable(cluster, check_mode)

    assert run.refusal == "would_lock_out_clients", run
    assert "its users are app" in run.message
    assert users(cluster) == ["app"]
    assert cluster.get("a") == "client"


@pytest.mark.etcd(size=1)
def test_clients_that_have_deleted_all_their_keys_are_clients(cluster: Cluster):
    cluster.put("a", "client")
    call(cluster, "/kv/deleterange", key="YQ==")
    assert cluster.get("a") is None
    assert enable(cluster).refusal == "would_lock_out_clients"


@pytest.mark.etcd(size=1)
def test_with_consent_they_are(cluster: Cluster):
    cluster.put("a", "client")
    run = enable(cluster, accept=["would_lock_out_clients"])
    assert run.changed
    assert "Accepted would_lock_out_clients" in run.warnings
    assert is_on(cluster)


@each_release
@pytest.mark.etcd(size=1)
def test_an_existing_root_with_perhaps_another_password_is_found_before_authentication_is_on(cluster: Cluster):
    call(cluster, "/auth/user/add", name="root", password="another")
    call(cluster, "/auth/user/grant", user="root", role="root")

    assert enable(cluster).refusal == "root_password_unknown"
    assert not is_on(cluster)

    assert enable(cluster, accept=["root_password_unknown"]).done == [
        "mark_unfinished",
        "set_root_password",
        "enable",
        "unmark",
    ]
    assert not logs_in(cluster, "another")
    assert logs_in(cluster, PASSWORD)


KILLED_AFTER: dict[str, list[tuple[str, dict[str, str]]]] = {
    "mark_unfinished": [("/auth/role/add", {"name": MARK})],
    "add_root": [("/auth/user/add", {"name": "root", "password": PASSWORD})],
    "grant_role_root": [("/auth/user/grant", {"user": "root", "role": "root"})],
    "enable": [("/auth/enable", {})],
}


@pytest.mark.parametrize("last", KILLED_AFTER)
@pytest.mark.etcd(size=1)
def test_a_run_that_was_killed_after_any_step_is_completed_by_the_next(cluster: Cluster, last: str):
    for step, calls in KILLED_AFTER.items():
        for path, request in calls:
            call(cluster, path, **request)
        if step == last:
            break

    assert enable(cluster).changed

    assert is_on(cluster)
    assert logs_in(cluster, PASSWORD)
    again = enable(cluster)
    assert not again.changed
    assert MARK not in str(again.json)


@each_transport
@pytest.mark.etcd(size=1, auth=True)
def test_where_authentication_is_on_another_password_is_an_error(cluster: Cluster, transport: str):
    run = enable(cluster, transport=transport)
    assert run.error == "auth_failed", run
    assert PASSWORD not in run.message


@pytest.mark.etcd(size=3, dead=2)
def test_without_a_quorum_it_is_refused_and_not_waited_for_any_longer(cluster: Cluster):
    run = enable(cluster)
    assert run.refusal == "no_quorum", run
    assert run.seconds < 15


@pytest.mark.etcd(size=1)
def test_root_without_a_password_is_not_made(cluster: Cluster):
    run = enable(cluster, root_password="")
    assert "root_password is empty" in run.message
    assert users(cluster) == []
