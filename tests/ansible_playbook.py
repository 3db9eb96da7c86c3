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
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.testbed import waiting

ROOT = Path(__file__).resolve().parents[1]
COLLECTIONS = ROOT / ".cache" / "collections"
SECONDS_TO_END = 10.0
MARK = "QUORUM_ETCD_PLAYBOOK_RUN"
"""The variable by which the processes of one run are found."""
ENDS = {
    "v2_runner_on_ok": "ok",
    "v2_runner_on_failed": "failed",
    "v2_runner_on_unreachable": "unreachable",
    "v2_runner_on_skipped": "skipped",
}


class PlaybookBroken(Exception):
    """ansible-playbook did not get as far as its tasks; the text is what it said."""


@dataclass(frozen=True)
class TaskStarted:
    """A task begins, on all hosts of its batch."""

    name: str


@dataclass(frozen=True)
class TaskEnded:
    """What one task came to on one host.

    ``outcome``: ``ok``, ``failed``, ``unreachable`` or ``skipped``; ``result`` is what the module returned.
    """

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
        self._mark = uuid.uuid4().hex
        self._environment = {
            **_clean_environment(),
            **ansible_environment(directory),
            **(environment or {}),
            MARK: self._mark,
        }
        self.exit_code: int | None = None

    def __iter__(self) -> Iterator[Event]:
        process = None
        try:
            # A session of its own: Ctrl-C reaches us alone, and we end Ansible and its workers together.
            process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            yield from self._events(process)
        except BaseException:
            _end(process, self._mark.encode())
            raise
        finally:
            if process is not None and process.stdout:
                process.stdout.close()

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


def _end(process: subprocess.Popen[str] | None, mark: bytes) -> None:
    """Ends a run in its middle, also one that was broken off before we were told of its process."""
    if process is not None and process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    end_workers(mark)


def end_workers(mark: bytes) -> None:
    """Ends what is left of a run that has this `MARK`, and waits until nothing is."""
    waiting.until("Ansible's workers to end", lambda: "some run" if _kill_all(mark) else None, SECONDS_TO_END)


def _kill_all(mark: bytes) -> list[int]:
    """Kills what still runs of that run, and says what that was. Each worker of Ansible has a session of its own, and
    may outlive the one that started it for a moment; the last one may have been started after we looked."""
    marked = [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if _runs(int(process.name)) and mark in _environment_of(process)
    ]
    for pid in marked:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return marked


def _environment_of(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""  # ended since, or somebody else's


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
