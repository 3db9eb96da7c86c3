# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a log of an etcd that ended is reduced to."""

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.quorum.etcd.plugins.filter.log_complaints import log_complaints

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
    assert log_complaints(log) == words


def test_the_last_four_are_told_unless_asked_otherwise():
    log = [json.dumps({"level": "error", "msg": f"number {number}"}) for number in range(6)]
    assert log_complaints(log) == [f"number {number}" for number in (2, 3, 4, 5)]
    assert log_complaints(log, most=1) == ["number 5"]


@pytest.mark.parametrize("line", ["{", "[]", "3", "{}", '{"level": "fatal"}'])
def test_what_is_no_entry_of_a_log_is_left_out(line: str):
    assert log_complaints([line]) == []


def test_a_text_is_not_taken_for_lines():
    with pytest.raises(AnsibleFilterError, match="lines of a log"):
        log_complaints(SYSTEMD)
