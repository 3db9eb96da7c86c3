# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs `ansible-playbook` as users do, in a process of its own, and tells what each task did as it happens."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.testbed import waiting

ROOT = Path(__file__).resolve().parents[1]
COLLECTIONS = ROOT / ".cache" / "collections"
SECONDS_TO_END = 10.0
ENDS = {"v2_runner_on_ok": "ok", "v2_runner_on_failed": "failed", "v2_runner_on_unreachable": "unreachable", "v2_runner_on_skipped": "skipped"}


class PlaybookBroken(Exception):
    """ansible-playbook did not get as far as its tasks; the text is what it said."""


@dataclass(frozen=True)
class TaskStarted:
    """A task begins, on all hosts of its batch."""

    name: str


@dataclass(frozen=True)
class TaskEnded:
    """What one task came to on one host. ``outcome``: ``ok``, ``failed``, ``unreachable`` or ``skipped``; ``result`` is what the module returned."""

    name: str
    host: str
    outcome: str
    seconds: float
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))


Event = TaskStarted | TaskEnded


class PlaybookRun:
    """One run of ``ansible-playbook`` on the checkout's collection; iterate over it for its events.

    ``directory`` is where Ansible may keep its temporary files; nothing is written anywhere else.
    """

    def __init__(self, arguments: Sequence[str], directory: Path, environment: Mapping[str, str] | None = None) -> None:
        self._command = [str(Path(sys.executable).with_name("ansible-playbook")), *arguments]
        self._environment = {**_clean_environment(), **ansible_environment(directory), **(environment or {})}
        self.exit_code: int | None = None

    def __iter__(self) -> Iterator[Event]:
        # A session of its own: Ctrl-C reaches us alone, and we end Ansible and its workers together.
        process = subprocess.Popen(
            self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        try:
            yield from self._events(process)
        finally:
            _end(process)

    def _events(self, process: subprocess.Popen[str]) -> Iterator[Event]:
        noise: list[str] = []
        seen = False
        for line in process.stdout or ():
            event = _event(line)
            if event is not None:
                seen = True
                yield event
            elif not line.startswith("{"):
                noise.append(line)
        self.exit_code = process.wait()
        if self.exit_code and not seen:
            raise PlaybookBroken("".join(noise).strip() or f"ansible-playbook ended with {self.exit_code}")


def run(arguments: Sequence[str], directory: Path, environment: Mapping[str, str] | None = None) -> list[TaskEnded]:
    """Runs a playbook to its end and returns what its tasks came to, failed ones included."""
    return [event for event in PlaybookRun(arguments, directory, environment) if isinstance(event, TaskEnded)]


def ansible_environment(directory: Path) -> dict[str, str]:
    """Ansible's settings for a run on this machine that leaves nothing behind but in ``directory``."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(directory / "ansible"),
        "ANSIBLE_REMOTE_TMP": str(directory / "ansible" / "tmp"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.jsonl",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
        "PYTHONUNBUFFERED": "1",
    }


def _clean_environment() -> dict[str, str]:
    """Without the user's own Ansible settings and etcdctl variables, which would change what the run does."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "ETCDCTL_", "ETCD_"))}


def _event(line: str) -> Event | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    if not isinstance(told, dict) or "_event" not in told:
        return None
    if told["_event"] == "v2_playbook_on_task_start":
        return TaskStarted(told["task"]["name"])
    outcome = ENDS.get(told["_event"])
    if outcome is None:
        return None
    (host, result), *_ = told["hosts"].items()
    return TaskEnded(told["task"]["name"], host, outcome, _seconds(told["task"]["duration"]), result)


def _seconds(duration: Mapping[str, str]) -> float:
    start, end = (datetime.fromisoformat(duration[when].rstrip("Z")) for when in ("start", "end"))
    return (end - start).total_seconds()


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        # Each worker of Ansible has a session of its own, and may outlive the one that started it for a moment.
        workers = _descendants(process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        waiting.until("Ansible's workers to end", lambda: None if not any(map(_runs, workers)) else "some run", SECONDS_TO_END)
    if process.stdout:
        process.stdout.close()


def _descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    try:
        children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    except OSError:
        return []  # ended since
    return [descendant for child in children for descendant in (child, *_descendants(child))]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
