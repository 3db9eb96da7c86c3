# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails once and passes when it is run again is told; what fails twice fails, and so do more than a few that failed once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import scenarios
from tests.environment import ROOT
from tests.scenarios import Outcome

FLAKY = """
import pathlib

def passes_later(number):
    trace = pathlib.Path(__file__).with_name(f"trace{{number}}")
    seen = trace.exists()
    trace.touch()
    assert seen, "the machine stood still"

def never_passes():
    assert False, "broken"

for number in range({passing_later}):
    globals()[f"test_later_{{number}}"] = lambda number=number: passes_later(number)
for number in range({failing}):
    globals()[f"test_never_{{number}}"] = never_passes

def test_passes():
    pass
"""


@pytest.mark.parametrize(
    ("passing_later", "failing", "workers", "exit_code", "closing"),
    [
        (0, 0, [], 0, "1 passed"),
        (1, 0, [], 0, "2 passed, 1 rerun"),
        (5, 0, ["-n", "2"], 0, "6 passed, 5 rerun"),
        (6, 0, ["-n", "2"], 1, "7 passed, 6 rerun"),
        (0, 1, [], 1, "1 failed, 1 passed, 1 rerun"),
    ],
    ids=["all pass", "one at the second attempt", "a few, in two workers", "too many, in two workers", "one never"],
)
def test_tests(passing_later, failing, workers, exit_code, closing, tmp_path):
    (tmp_path / "test_flaky.py").write_text(FLAKY.format(passing_later=passing_later, failing=failing))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.second_attempts", "--reruns", "1", *workers, f"--rootdir={tmp_path}", str(tmp_path)]
    done = subprocess.run([*command, "-c", "/dev/null"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == exit_code, done.stdout
    assert closing in done.stdout.splitlines()[-1]
    assert done.stdout.count(": AssertionError: the machine stood still") == passing_later
    assert ("which fails the run" in done.stdout) is (passing_later > 5)


@pytest.mark.parametrize(
    ("verdicts", "exit_code", "closing"),
    [
        ({"a": [True], "b": [True]}, 0, "2 passed, 0 failed"),
        ({"a": [False, True], "b": [True]}, 0, "2 passed, 0 failed, 1 rerun"),
        ({"a": [False, False], "b": [True]}, 1, "1 passed, 1 failed, 1 rerun"),
        ({name: [False, True] for name in "abc"}, 1, "0 passed, 3 failed"),
    ],
    ids=["all pass", "one at the second attempt", "one never", "too many failed"],
)
def test_scenarios(verdicts, exit_code, closing, monkeypatch, tmp_path, capsys):
    log = tmp_path / "log"
    log.write_text("what the scenario said")
    monkeypatch.setattr(scenarios, "ROOT", tmp_path)
    monkeypatch.setattr(scenarios, "LOGS", tmp_path)
    monkeypatch.setattr(scenarios, "fills_the_machine", lambda name: name == "b")
    monkeypatch.setattr(scenarios, "run", lambda name: Outcome(name, verdicts[name].pop(0), 1.0, log))
    assert scenarios.run_all(list(verdicts)) == exit_code
    assert capsys.readouterr().out.splitlines()[-1] == closing
