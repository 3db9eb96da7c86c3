# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills its own run of ansible-playbook at the next point of a chain of kills (kill_chain.py has the rule)."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

READS = {
    "ansible.builtin." + name
    for name in (
        "assert",
        "debug",
        "fail",
        "find",
        "meta",
        "set_fact",
        "setup",
        "slurp",
        "stat",
        "validate_argument_spec",
        "wait_for",
    )
} | {
    "quorum.etcd." + name
    for name in (
        "etcd_ca_info",
        "etcd_certificate_check",
        "etcd_certificate_plan",
        "etcd_cluster_info",
        "etcd_cluster_plan",
        "etcd_host_info",
        "etcd_served_certificate",
        "evaluate",
        "show",
    )
}
"""What changes nothing on any host."""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """`QUORUM_ETCD_KILL_POINTS` is the file of the points that the chain has been at, one a line;
    `QUORUM_ETCD_KILL_AT` says at which of the points that are not in it this run is killed, 1 at the next.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill_points"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file = Path(os.environ["QUORUM_ETCD_KILL_POINTS"])
        self._been_at = set(self._file.read_text().splitlines()) if self._file.exists() else set()
        self._left = int(os.environ["QUORUM_ETCD_KILL_AT"])
        self._task: Any = None
        self._ran = False

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002
        if self._ran and may_change(self._task):
            self._come_to(point_after(self._task))
        self._task, self._ran = task, False

    def v2_runner_on_ok(self, result: Any) -> None:  # noqa: ARG002
        self._ran = True

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._ran = True
        if not ignore_errors:
            self._note_failure(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._note_failure(result)

    def _note_failure(self, result: Any) -> None:
        """A run that fails comes to points as well, in what it does at the end, so its failure has to outlast it."""
        words = result._result.get("msg", "")
        with failures_beside(self._file).open("a") as file:
            print(f"{self._task.name} on {result._host.get_name()}: {words}", file=file)

    def _come_to(self, point: str) -> None:
        if point in self._been_at:
            return
        self._been_at.add(point)
        with self._file.open("a") as file:
            print(point, file=file)
        self._left -= 1
        if not self._left:
            # No worker runs between two tasks, so all that the run has started is in its group.
            os.killpg(0, signal.SIGKILL)


def failures_beside(points: Path) -> Path:
    return points.with_name(points.name + ".failed")


def may_change(task: Any) -> bool:
    """Renewing the lease is left out: only the time in it differs. So are commands that say that they only read."""
    if task.action in READS or "include" in task.action or "import" in task.action or task.changed_when == [False]:
        return False
    return task.args.get("state") != "renewed"


def point_after(task: Any) -> str:
    """The task by its place and, within the moves of a plan, by the move that it is part of."""
    file, _, line = task.get_path().rpartition(":")
    move = task.get_vars().get("etcd_cluster__move")
    turn = f"{move['action']} {move['member']['name'] or 'cluster'}: " if move else ""
    return f"{turn}after {Path(file).parent.name}/{Path(file).name}:{line} ({task.name})"
