# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A steady writer that outlives the process that starts it: scenarios start it before they change a cluster.

Its folder holds `connection.json` (the cluster, in the words of the modules' options), `writer.log` and at the end
`report.json`. A writer that is never stopped ends by itself.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import programs, waiting
from .remote import RemoteCluster
from .writer import Writer

CONNECTION = "connection.json"
READY = "writer.pid"
REPORT = "report.json"
LOG = "writer.log"

# Enough to see a gap that matters to a scenario, and little enough to leave the machine to it.
KEYS_A_SECOND = 25.0
LONGEST_SECONDS = 1800.0
READY_SECONDS = 20.0
JUDGE_SECONDS = 60.0


def start(folder: Path, connection: Mapping[str, Any]) -> None:
    """Starts a writer to that cluster, and returns once its first write was acknowledged."""
    for leftover in (REPORT, READY):
        (folder / leftover).unlink(missing_ok=True)
    (folder / CONNECTION).touch(mode=0o600)
    (folder / CONNECTION).write_text(json.dumps(dict(connection)))
    with (folder / LOG).open("w") as log:
        writer = subprocess.Popen(
            programs.command("writing", str(folder)),
            env=programs.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip

    def look() -> str | None:
        if writer.poll() is not None:
            return "the writer ended: " + _last_words(folder)
        return None if (folder / READY).exists() else "no write was acknowledged yet"

    waiting.until("the writer to write", look, READY_SECONDS)


def stop(folder: Path) -> dict[str, Any]:
    """Stops the writer, has it read everything back, and returns its report; asked again, the same report."""
    if not (folder / REPORT).exists():
        os.kill(int((folder / READY).read_text()), signal.SIGTERM)
        waiting.until(
            "the writer's report", lambda: None if (folder / REPORT).exists() else _last_words(folder), JUDGE_SECONDS
        )
    report: dict[str, Any] = json.loads((folder / REPORT).read_text())
    return report


def end(folder: Path) -> None:
    """Ends a writer that nobody wants to hear of any more, if there is one."""
    if not (folder / READY).exists() or (folder / REPORT).exists():
        return
    pid = int((folder / READY).read_text())
    with suppress(OSError):
        if str(folder) in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGKILL)


def _last_words(folder: Path) -> str:
    return (folder / LOG).read_text()[-500:] or "it is still reading back"


def run(folder: Path) -> None:
    """Writes until it is told to end."""
    # What starts it may give way to others; what measures must not. Only root may take priority back.
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopping.append(number))
    ends = time.monotonic() + LONGEST_SECONDS
    with Writer(RemoteCluster(json.loads((folder / CONNECTION).read_text())), rate=KEYS_A_SECOND) as writer:
        writer.wait_acknowledged()
        (folder / READY).write_text(str(os.getpid()))
        while not stopping and time.monotonic() < ends:
            signal.sigtimedwait([], 0.1)
        report = writer.stop()
    (folder / (REPORT + ".part")).write_text(json.dumps(dataclasses.asdict(report)))
    (folder / (REPORT + ".part")).rename(folder / REPORT)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
