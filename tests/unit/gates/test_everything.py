# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test` counts what its steps say, and is never green over a step that failed or tested nothing."""

from __future__ import annotations

import pytest

from tests import everything
from tests.everything import Outcome, Tally, tally_of


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("12 passed in 0.53s\n", Tally(passed=12)),
        ("1 failed, 2 passed, 3 skipped in 61.20s (0:01:01)\n", Tally(passed=2, failed=1, skipped=3)),
        ("======= 1 failed, 2 errors in 3.00s =======\n", Tally(failed=3)),
        ("1 error in 0.10s\n", Tally(failed=1)),
        ("10 passed, 0 failed\n", Tally(passed=10)),
        ("4 passed, 3 rerun in 2.71s\n", Tally(passed=4, rerun=3)),
        ("22 passed, 0 failed, 1 rerun\n", Tally(passed=22, rerun=1)),
        ("no tests ran in 0.01s\n", None),
        ("3 members are voters\n", None),
        ("the quorum is 2 of 3\n", None),
        ("\n", None),
    ],
)
def test_closing_lines_are_counted(line, expected):
    assert tally_of(line) == expected


@pytest.mark.parametrize(("exit_code", "expected"), [(0, Tally(passed=1)), (3, Tally(failed=1))])
def test_a_step_that_shows_something_counts_as_one_test(exit_code, expected, monkeypatch, tmp_path, capsys):
    (tmp_path / "Makefile").write_text(f"demo:\n\t@echo 7 passed; exit {exit_code}\n")
    monkeypatch.setattr(everything, "ROOT", tmp_path)
    outcome = everything.take("demo")
    assert outcome.tally == expected
    assert "7 passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("outcomes", "exit_code", "closing"),
    [
        ([Outcome("lint", 0, Tally(10), 1.0), Outcome("unit", 0, Tally(5, skipped=1), 1.0)], 0, "15 passed, 0 failed, 1 skipped"),
        ([Outcome("unit", 0, Tally(5), 1.0), Outcome("integration", 0, Tally(5, rerun=1), 1.0)], 0, "10 passed, 0 failed, 1 rerun"),
        ([Outcome("lint", 2, Tally(9, 1), 1.0), Outcome("unit", 0, Tally(5), 1.0)], 1, "14 passed, 1 failed"),
        ([Outcome("lint", 0, Tally(10), 1.0), Outcome("unit", 2, Tally(), 1.0)], 1, "10 passed, 1 failed"),
        ([Outcome("lint", 0, Tally(10), 1.0), Outcome("unit", 0, Tally(), 1.0)], 1, "10 passed, 1 failed"),
        ([Outcome("lint", 0, Tally(10), 1.0), Outcome("molecule", 0, Tally(), 1.0)], 0, "10 passed, 0 failed"),
        ([Outcome("lint", 0, Tally(10), 1.0), Outcome("molecule", 1, Tally(), 1.0)], 1, "10 passed, 1 failed"),
    ],
    ids=["all well", "one at the second attempt", "a failed test", "a crash", "nothing tested", "no engine for containers", "a broken engine"],
)
def test_the_run_is_green_only_when_every_step_tested_and_passed(outcomes, exit_code, closing, monkeypatch, capsys):
    waiting = {outcome.step: outcome for outcome in outcomes}
    monkeypatch.setattr(everything, "STEPS", tuple(waiting))
    monkeypatch.setattr(everything, "take", waiting.pop)
    assert everything.main() == exit_code
    assert capsys.readouterr().out.splitlines()[-1] == closing
