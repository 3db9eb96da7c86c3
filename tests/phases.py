# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make integration`: the tests on real clusters in two phases, since most of them wait and some of them measure.

What waits runs in as many workers as pytest takes by itself. What measures time comes after it, in a few, and alone on
the machine. Arguments are passed on to pytest, so `-k name` chooses tests of both.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

TESTS = "tests/integration"
CORES = os.cpu_count() or 1
WAITING = ("not measures_time", ("-n", "auto", "--dist", "worksteal"))
MEASURING = ("measures_time", ("-n", str(3 * CORES // 2), "--dist", "load"))
# Each worker begins by collecting all tests, which a short run notices.
QUICK = (WAITING[0], ("-n", str(5 * CORES // 2), "--dist", "worksteal"))
PLUGINS = ("-p", "tests.rerun_limit", "-p", "tests.left_out")
NOTHING_CHOSEN = 5
"""pytest's exit code where it has not run a single test."""


def verdict(codes: Sequence[int]) -> int:
    """The exit code of all phases: one may have nothing to do, but not all of them."""
    failed = [code for code in codes if code not in (0, NOTHING_CHOSEN)]
    if failed:
        return failed[0]
    return 0 if 0 in codes else NOTHING_CHOSEN


def run(mark: str, workers: Sequence[str], arguments: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", TESTS, "-q", *PLUGINS, *workers, "-m", mark, *arguments]
    return subprocess.run(command, check=False).returncode


def main(arguments: Sequence[str]) -> int:
    try:
        phases = [QUICK] if "--quick" in arguments else [WAITING, MEASURING]
        return verdict([run(mark, workers, arguments) for mark, workers in phases])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
