# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a gate is, and where it finds the checkout."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".cache" / "collections"
COLLECTION = COLLECTIONS / "ansible_collections" / "quorum" / "etcd"
BIN = ROOT / ".venv" / "bin"


class GateFailed(Exception):
    """A gate found something; the message is what to show, ready to print."""


@dataclass(frozen=True)
class Finding:
    """The verdict of one gate: `report` is empty when it passed."""

    gate: str
    report: str
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.report


def run(
    command: Sequence[str | Path], cwd: Path = ROOT, environment: Mapping[str, str] | None = None, timeout: float = 1800
) -> str:
    """Runs a tool of the virtual environment and returns all that it printed.

    Raises GateFailed with that when it fails.
    """
    words = [str(word) for word in command]
    words[0] = str(BIN / words[0]) if (BIN / words[0]).exists() else words[0]
    settings = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(ROOT / ".ansible"),
        "NO_COLOR": "1",
        **(environment or {}),
    }
    try:
        output, code = _run_in_a_group(words, cwd, settings, timeout)
    except FileNotFoundError as error:
        raise GateFailed(f"{words[0]} is not there: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise GateFailed(
            f"{shlex.join(words)} was not done after {timeout:.0f} s. It had printed:\n{error.output or 'nothing'}"
        ) from error
    if code:
        raise GateFailed(f"$ {shlex.join(words)}\n{output.rstrip()}\nexit code {code}")
    return output


_running: set[subprocess.Popen[str]] = set()
_broken_off = threading.Event()


def _run_in_a_group(words: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float) -> tuple[str, int]:
    """Output and exit code of a tool whose own children end with it, since ansible-test starts many."""
    with subprocess.Popen(
        words,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        _running.add(process)
        if _broken_off.is_set():
            # It was started while the others were being ended.
            _end(process)
        try:
            output, _nothing = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            _end(process)
            output, _nothing = process.communicate()
            raise subprocess.TimeoutExpired(error.cmd, error.timeout, output) from None
        finally:
            _running.discard(process)
    return output, process.returncode


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def end_all() -> None:
    """Ends every tool that is running, and every one that is started from now on, for a run that is broken off."""
    _broken_off.set()
    for process in tuple(_running):
        _end(process)
