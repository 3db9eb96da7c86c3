# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of an etcd that the role started and that ended again."""

from __future__ import annotations

import json

import pytest

from tests.unit.role_variables import value_of

USUAL = json.dumps(
    {"level": "warn", "caller": "embed/config.go:689", "msg": "Running http and grpc server on single port."}
)
INFO = json.dumps({"level": "info", "caller": "embed/etcd.go:140", "msg": "configuring peer listeners"})
REMOVED = json.dumps(
    {
        "level": "warn",
        "caller": "etcdserver/server.go:1154",
        "msg": "server error",
        "error": "the member has been permanently removed",
    }
)
FATAL = json.dumps(
    {"level": "fatal", "caller": "etcdmain/etcd.go:204", "msg": "discovery failed", "error": "member count is unequal"}
)
SYSTEMD = "etcd.service: Deactivated successfully."
REMOVED_3_4 = "2026-11-20 18:14:38.637118 E | etcdserver: the member has been permanently removed from the cluster"
INFO_3_4 = "2026-11-20 18:14:38.637118 I | embed: listening for peers on 10.0.0.1:2380"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ([USUAL, INFO, REMOVED, SYSTEMD], ["server error: the member has been permanently removed"]),
        ([USUAL, FATAL, SYSTEMD, USUAL, FATAL], ["discovery failed: member count is unequal"]),
        ([INFO_3_4, REMOVED_3_4], ["etcdserver: the member has been permanently removed from the cluster"]),
        ([USUAL, INFO, SYSTEMD], []),
        ([], []),
    ],
)
def test_its_complaints_are_told_once_and_nothing_that_every_etcd_says(log: list[str], words: list[str]):
    assert value_of("etcd_cluster__last_words", etcd_cluster__log={"stdout_lines": log}) == words


@pytest.mark.parametrize(
    ("log", "advice"),
    [
        ([REMOVED], "set etcd_cluster_endpoints"),
        ([REMOVED_3_4], "set etcd_cluster_endpoints"),
        ([FATAL], "journalctl --unit etcd"),
    ],
)
def test_a_removed_member_calls_for_the_cluster_and_any_other_for_the_log(log: list[str], advice: str):
    assert advice in value_of("etcd_cluster__advice", etcd_cluster__log={"stdout_lines": log})


def test_without_a_log_the_advice_is_to_look_for_it():
    assert "journalctl" in value_of("etcd_cluster__advice", etcd_cluster__log={"msg": "no such program"})
