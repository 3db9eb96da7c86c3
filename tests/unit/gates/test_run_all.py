# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test` counts what its steps say, and is never green over a step that failed or tested nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests import run_all
from tests.benchmarks import suite
from tests.benchmarks.suite import Part, ProcessorTime, StepRecord
from tests.run_all import Outcome, Step, Tally, part_of, tally_of


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


def test_a_step_of_several_runners_counts_all_of_them_and_keeps_what_took_long(monkeypatch, tmp_path, capsys):
    said = [
        "== slowest 10 durations ==",
        "12.50s call     tests/a.py::test_a",
        "7 passed in 3.10s",
        "FAILED tests/a.py::test_b - assert 1 == 2",
        "failed: role_rotate: fatal: [a]: refused",
        "ok     dead_member     27.6 s",
        "1 passed, 1 rerun in 2.00s",
    ]
    lines = "\n".join(f"\t@echo '{line}'" for line in said)
    (tmp_path / "Makefile").write_text(f"integration:\n{lines}\n")
    monkeypatch.setattr(run_all, "ROOT", tmp_path)
    outcome = run_all.take(Step("integration"))
    assert outcome.tally == Tally(passed=8, rerun=1)
    assert outcome.failures == ("FAILED tests/a.py::test_b - assert 1 == 2", "failed: role_rotate: fatal: [a]: refused")
    assert outcome.parts == (Part("tests/a.py::test_a", 12.5), Part("dead_member", 27.6))
    assert 0 <= outcome.busy <= 1
    assert "test_a" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0.50s setup    tests/a.py::test_b[3.4]\n", Part("tests/a.py::test_b[3.4]", 0.5)),
        ("ok     types            9.8 s\n", Part("types", 9.8)),
        ("FAILED role_rotate       90.0 s at the second attempt\n", Part("role_rotate", 90.0)),
        ("7 passed in 3.10s\n", None),
    ],
)
def test_what_a_part_took_is_read_from_what_it_says(line, expected):
    assert part_of(line) == expected


def test_the_table_of_a_run_fits_80_columns_and_names_the_slowest_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "RECORD", tmp_path / "output" / "suite.json")
    steps = [
        StepRecord("lint", 60.0, 11, 0, 0, 0, 0.9, (Part("sanity", 59.0),)),
        StepRecord(
            "integration", 300.0, 2000, 1, 3, 2, 0.5, (Part(f"tests/x.py::test_{'y' * 80}", 40.0), Part("test_z", 2.0))
        ),
    ]
    suite.save("test", steps)
    assert suite.load() == ("test", steps)
    lines = suite.table(steps)
    assert max(map(len, lines)) <= 80
    assert lines[3].split() == ["all", "360", "2012", "2", "57%"]
    assert [line.split()[0] for line in lines[6:]] == ["59", "40", "2"]


def test_the_share_of_the_processors_is_work_among_all_ticks():
    assert ProcessorTime(60, 200).busy_since(ProcessorTime(10, 100)) == 0.5


@pytest.mark.parametrize(
    ("outcomes", "exit_code", "closing"),
    [
        (
            [Outcome(Step("lint"), 0, Tally(10), 1.0), Outcome(Step("unit"), 0, Tally(5, skipped=1), 1.0)],
            0,
            "15 passed, 0 failed, 1 skipped",
        ),
        (
            [Outcome(Step("unit"), 0, Tally(5), 1.0), Outcome(Step("integration"), 0, Tally(5, rerun=1), 1.0)],
            0,
            "10 passed, 0 failed, 1 rerun",
        ),
        (
            [Outcome(Step("lint"), 2, Tally(9, 1), 1.0), Outcome(Step("unit"), 0, Tally(5), 1.0)],
            1,
            "14 passed, 1 failed",
        ),
        ([Outcome(Step("lint"), 0, Tally(10), 1.0), Outcome(Step("unit"), 2, Tally(), 1.0)], 1, "10 passed, 1 failed"),
        ([Outcome(Step("lint"), 0, Tally(10), 1.0), Outcome(Step("unit"), 0, Tally(), 1.0)], 1, "10 passed, 1 failed"),
        (
            [Outcome(Step("lint"), 0, Tally(10), 1.0), Outcome(Step("molecule", optional=True), 0, Tally(), 1.0)],
            0,
            "10 passed, 0 failed",
        ),
        (
            [Outcome(Step("lint"), 0, Tally(10), 1.0), Outcome(Step("molecule", optional=True), 1, Tally(), 1.0)],
            1,
            "10 passed, 1 failed",
        ),
    ],
    ids=[
        "all well",
        "one at the second attempt",
        "a failed test",
        "a crash",
        "nothing tested",
        "no engine for containers",
        "a broken engine",
    ],
)
def test_the_run_is_green_only_when_every_step_tested_and_passed(
    outcomes, exit_code, closing, monkeypatch, tmp_path, capsys
):
    waiting = {outcome.step: outcome for outcome in outcomes}
    monkeypatch.setattr(run_all, "RUNS", {"test": tuple(waiting)})
    monkeypatch.setattr(run_all, "MEANWHILE", {})
    monkeypatch.setattr(run_all, "take", waiting.pop)
    monkeypatch.setattr(suite, "RECORD", tmp_path / "suite.json")
    assert run_all.main() == exit_code
    assert capsys.readouterr().out.splitlines()[-1] == closing


def test_what_later_steps_need_is_made_meanwhile_and_ended_with_the_run(monkeypatch, tmp_path):
    (tmp_path / "Makefile").write_text("releases:\n\t@echo $$$$ > made; exec sleep 60\nimages:\n\t@touch images\n")
    monkeypatch.setattr(run_all, "ROOT", tmp_path)
    with run_all.made_meanwhile(run_all.MEANWHILE["test"]):
        while not (tmp_path / "images").exists() or not (made := tmp_path / "made").exists() or not made.read_text():
            time.sleep(0.01)
    assert not Path(f"/proc/{int(made.read_text())}").exists()


def test_the_run_ends_with_what_failed_in_the_steps_that_failed(monkeypatch, tmp_path, capsys):
    outcomes = [
        Outcome(Step("unit"), 0, Tally(5, rerun=1), 1.0, failures=("FAILED test_a",)),
        Outcome(Step("molecule"), 1, Tally(1, 1), 1.0, failures=("failed: role_rotate: fatal: [a]: refused",)),
    ]
    waiting = {outcome.step: outcome for outcome in outcomes}
    monkeypatch.setattr(run_all, "RUNS", {"test": tuple(waiting)})
    monkeypatch.setattr(run_all, "MEANWHILE", {})
    monkeypatch.setattr(run_all, "take", waiting.pop)
    monkeypatch.setattr(suite, "RECORD", tmp_path / "suite.json")
    run_all.main()
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[-2:] == ["failed: role_rotate: fatal: [a]: refused", "6 passed, 1 failed, 1 rerun"]
    assert "FAILED test_a" not in lines
