# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password that occurs in what a task returns: Ansible would mask it there, so nothing is changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.testbed import Cluster

from .driver import ensure, listed, run_main, untouched

# Each occurs in the name of a member, its peer URL, or the state of the cluster.
IN_THE_RESULT = ["tcd", "http", "127.0.0.1", "g"]


def as_user(password: str) -> dict[str, Any]:
    return {"username": "root", "password": password}


@pytest.mark.etcd(size=1)
def test_a_member_that_would_start_with_asterisks_is_not_added(cluster: Cluster):
    host = cluster.spare()
    for password in IN_THE_RESULT:
        for check_mode in (True, False):
            with untouched(cluster):
                refused = ensure(cluster, host, check_mode, **as_user(password))
            assert not refused.ok
            assert "Give the user another" in refused.message.replace("********", "g")
            assert refused["changed"] is False
    assert ensure(cluster, host, **as_user("127.0.0.1")).refusal == "masked_result"
    assert listed(cluster) == {"etcd1": "voter"}


@pytest.mark.etcd(size=1)
def test_any_other_password_leaves_the_result_as_it_is(cluster: Cluster):
    host = cluster.spare()
    registered = ensure(cluster, host, **as_user("tdc"))
    assert registered.changed
    assert "*" not in json.dumps(registered.json)
    again = ensure(cluster, host, **as_user("tcd"))
    assert again.refusal == "masked_result"
    host.start(environment=registered["environment"])
    assert ensure(cluster, host, **as_user("tcd")).ok, "it runs, and needs no environment"


@pytest.mark.etcd(size=1)
def test_a_plan_that_would_have_asterisks_is_refused(cluster: Cluster):
    [member] = cluster.members
    cluster_id = run_main("etcd_cluster_info", cluster.connection)["cluster_id"]
    host = {
        "name": member.name,
        "peer_urls": [member.peer_url],
        "client_urls": [member.client_url],
        "data_dir": {"state": "data", "member_id": f"{member.member_id:x}", "cluster_id": cluster_id},
        "running": True,
    }
    arguments = {**cluster.connection, "hosts": [host], "wait_timeout": 0}
    assert run_main("etcd_cluster_plan", {**arguments, **as_user("tcd1")}).refusal == "masked_result"
    assert run_main("etcd_cluster_plan", {**arguments, **as_user("tdc1")}).ok
    assert run_main("etcd_cluster_plan", {**arguments, **as_user("The etcd cluster")}).ok, "text is for people"
