# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the seconds of a run of the role went, told of each task:

- `etcd`: starting and restarting the program, and waiting for it to be ready;
- `rule`: waiting that a rule of etcd or of the role asks for, as the modules report it;
- `connection`: getting to the hosts and back, which is what `ping` takes, once for each task that ran on a host;
- `ours`: the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.ansible_playbook import TaskEnded

WORDS_OF_ETCD = ("Start", "Restart", "Wait until etcd", "Wait until all", "Wait until they", "Wait for the return")


@dataclass(frozen=True)
class Split:
    """Where the seconds of a run went."""

    etcd: float
    rule: float
    connection: float
    ours: float

    @property
    def seconds(self) -> float:
        return self.etcd + self.rule + self.connection + self.ours


@dataclass(frozen=True)
class TaskTime:
    """A task of all hosts: what it came to on each, and the seconds from the end of the one before to its own."""

    name: str
    seconds: float
    ended: tuple[TaskEnded, ...]

    @property
    def rounds(self) -> int:
        """How often it went to a host, one after the other: once, or for each item of a loop."""
        return max((_executions(one.result) for one in self.ended if one.outcome == "ok"), default=0)

    @property
    def waited(self) -> float:
        waits = [wait for one in self.ended for wait in one.result.get("waits") or ()]
        return min(self.seconds, sum(float(wait["seconds"]) for wait in waits))


def _executions(result: Mapping[str, Any]) -> int:
    return sum("invocation" in one for one in result.get("results") or [result])


def split(tasks: Sequence[TaskTime], ping: float) -> Split:
    """`ping` is what one takes, in seconds, on as many hosts."""
    etcd = rule = connection = ours = 0.0
    for task in tasks:
        on_the_way = min(task.seconds - task.waited, task.rounds * ping)
        rest = task.seconds - task.waited - on_the_way
        rule += task.waited
        connection += on_the_way
        if task.rounds and task.name.rpartition(" : ")[2].startswith(WORDS_OF_ETCD):
            etcd += rest
        else:
            ours += rest
    return Split(etcd, rule, connection, ours)
