# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the benchmark of the role says that the seconds of a run went."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ansible_playbook import TaskEnded
from tests.benchmarks.split import Split, TaskTime, split

PING = 0.4
RAN: dict[str, Any] = {"invocation": {}}
SKIPPED: dict[str, Any] = {}


def task(name: str, seconds: float, *results: dict[str, Any], outcome: str = "ok") -> TaskTime:
    full = f"quorum.etcd.etcd_cluster : {name}"
    hosts = (TaskEnded(full, f"n{number}", outcome, seconds, result) for number, result in enumerate(results, 1))
    return TaskTime(full, seconds, tuple(hosts))


@pytest.mark.parametrize(
    ("one", "parts"),
    [
        (task("Gather", 1.0, RAN, RAN), Split(etcd=0, rule=0, connection=0.4, ours=0.6)),
        (task("Gather", 0.3, RAN), Split(etcd=0, rule=0, connection=0.3, ours=0)),
        (task("Create the user", 0.1, SKIPPED, outcome="skipped"), Split(etcd=0, rule=0, connection=0, ours=0.1)),
        (task("Restart n1", 1.0, RAN), Split(etcd=0.6, rule=0, connection=0.4, ours=0)),
        (task("Start the members", 0.1, SKIPPED, outcome="skipped"), Split(etcd=0, rule=0, connection=0, ours=0.1)),
        (
            task("Wait until the cluster can spare n1", 6.0, {**RAN, "waits": [{"seconds": 5}]}),
            Split(etcd=0, rule=5, connection=0.4, ours=0.6),
        ),
        (task("Install", 2.0, {"results": [RAN, RAN]}), Split(etcd=0, rule=0, connection=0.8, ours=1.2)),
    ],
)
def test_the_seconds_of_a_task_are_told_apart(one, parts):
    found = split([one], PING)
    assert (found.etcd, found.rule, found.connection, found.ours) == pytest.approx(
        (parts.etcd, parts.rule, parts.connection, parts.ours)
    )
    assert found.seconds == pytest.approx(one.seconds)
