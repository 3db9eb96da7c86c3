# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test that measures time gets one second attempt, and is named; no other test gets any."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.environment import ROOT

FLAKY = """
import pathlib

import pytest

def passes_later(number):
    trace = pathlib.Path(__file__).with_name(f"trace{{number}}")
    seen = trace.exists()
    trace.touch()
    assert seen, "the machine stood still"

def never_passes(number):
    assert False, "broken"

def test_of(case, number):
    def test():
        case(number)
    return test

for number in range({measured}):
    globals()[f"test_later_{{number}}"] = pytest.mark.measures_time(test_of(passes_later, number))
for number in range({unmeasured}):
    globals()[f"test_unmeasured_{{number}}"] = test_of(passes_later, f"u{{number}}")
for number in range({failing}):
    globals()[f"test_never_{{number}}"] = pytest.mark.measures_time(test_of(never_passes, number))
del test_of

def test_passes():
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measured", "unmeasured", "failing", "workers", "exit_code", "closing"),
    [
        (0, 0, 0, [], 0, "1 passed"),
        (1, 0, 0, [], 0, "2 passed, 1 rerun"),
        (3, 0, 0, ["-n", "2"], 0, "4 passed, 3 rerun"),
        (0, 1, 0, [], 1, "1 failed, 1 passed"),
        (0, 0, 1, [], 1, "1 failed, 1 passed, 1 rerun"),
    ],
    ids=[
        "all pass",
        "one at the second attempt",
        "some, in two workers",
        "one that does not measure time",
        "one never",
    ],
)
def test_second_attempts(measured, unmeasured, failing, workers, exit_code, closing, tmp_path):
    (tmp_path / "test_flaky.py").write_text(FLAKY.format(measured=measured, unmeasured=unmeasured, failing=failing))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.rerun_limit",
        *workers,
        f"--rootdir={tmp_path}",
        str(tmp_path),
    ]
    done = subprocess.run(
        [*command, "-c", "/dev/null", "-W", "ignore"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == exit_code, done.stdout
    assert closing in done.stdout.splitlines()[-1]
    _, heading, told = done.stdout.partition("tests that measure time, and passed or failed at the second attempt")
    assert bool(heading) is bool(measured or failing)
    assert told.count(": AssertionError: the machine stood still") == measured
