# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's file run as Ansible runs it on a host: a process of its own, arguments on its standard input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .driver import Run

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 60


class ModuleProcess:
    """One run of a module that has begun."""

    def __init__(
        self,
        module: str,
        arguments: dict[str, Any],
        check_mode: bool = False,
        environment: dict[str, str] | None = None,
    ) -> None:
        given = {**arguments, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "plugins" / "modules" / f"{module}.py")],
            env={"PATH": os.defpath, "PYTHONPATH": str(ROOT / ".cache" / "collections"), **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": given}))
        self._process.stdin.close()
        self._process.stdin = None

    def kill(self) -> None:
        """SIGKILL, at once; harmless where it has ended."""
        self._process.kill()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> Run | None:
        """What it printed; None if it was killed before it printed anything."""
        output, errors = self._process.communicate(timeout=SECONDS)
        if self._process.returncode < 0:
            return None
        assert not errors, errors
        printed = json.loads(output)
        return Run(printed, time.monotonic() - self._began, "\n".join(map(str, printed.get("warnings", []))))


def run_file(
    module: str, arguments: dict[str, Any], check_mode: bool = False, environment: dict[str, str] | None = None
) -> Run:
    """Runs the module's file to its end."""
    run = ModuleProcess(module, arguments, check_mode, environment).wait()
    assert run is not None
    return run
