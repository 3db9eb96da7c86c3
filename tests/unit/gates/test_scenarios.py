# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make molecule`: what runs beside what and on whose hosts, what gets a second attempt, and what is left out where a
piece is missing. No Docker.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.run_all import Tally, tally_of
from tests.scenarios import __main__ as command
from tests.scenarios import catalogue, report
from tests.scenarios.catalogue import CHAINS, ON_REQUEST, ROOT, SECONDS_OF, Scenario, chains_of, load
from tests.scenarios.outcome import Outcome
from tests.scenarios.report import Report
from tests.scenarios.side_by_side import run_side_by_side
from tests.testbed import releases
from tests.testbed.backend import BackendAbsent, BackendUnavailable

OF_TIME = "[measures_time] 1 of 1 failed\n"
OF_TIME_AND_MORE = "[measures_time] 1 of 2 failed\n"
NOT_A_TEST = "Idempotence test failed because of the following tasks\n"


def scenario(name: str, kind: str = "node") -> Scenario:
    return Scenario(name, ("etcd1",), kind)


def names(chains):
    return [[link.name for link in chain] for chain in chains]


class TestChains:
    def test_every_name_is_that_of_a_scenario(self):
        known = {each.name for each in load()}
        assert {name for chain in CHAINS for name in chain} | set(SECONDS_OF) | set(ON_REQUEST) <= known

    def test_no_link_needs_a_host_that_the_first_one_has_not(self):
        known = {each.name: each for each in load()}
        for first, *others in CHAINS:
            for other in others:
                assert set(known[other].hosts) <= set(known[first].hosts)
                assert known[other].kind == known[first].kind

    def test_every_scenario_is_run_once(self):
        chains = chains_of(load())
        assert sorted(link.name for chain in chains for link in chain) == [each.name for each in load()]

    def test_a_link_without_its_predecessor_begins_alone(self):
        wanted = [scenario("second"), scenario("third")]
        assert names(chains_of(wanted, [("first", "second", "third")])) == [["second", "third"]]
        assert names(chains_of(wanted[1:], [("first", "second", "third")])) == [["third"]]

    def test_what_takes_longest_is_begun_first(self, monkeypatch):
        monkeypatch.setattr(catalogue, "SECONDS_OF", {"slow": 500.0})
        wanted = [
            scenario("a"),
            scenario("slow"),
            scenario("b", "systemd"),
            scenario("c", "systemd"),
            scenario("d", "systemd"),
        ]
        assert names(chains_of(wanted, [("c", "d")])) == [["slow"], ["c", "d"], ["b"], ["a"]]


class TestSideBySide:
    def test_as_many_as_asked_for_run_at_a_time_in_their_order(self):
        begun, lock, met = [], threading.Lock(), threading.Barrier(2, timeout=10)

        def work(name: str) -> None:
            with lock:
                begun.append(name)
            met.wait()  # breaks unless exactly two come together

        run_side_by_side(["a", "b", "c", "d"], 2, work)
        assert set(begun[:2]) == {"a", "b"}
        assert set(begun[2:]) == {"c", "d"}

    def test_a_crash_is_no_pass_and_nothing_new_is_begun(self):
        begun = []

        def work(name: str) -> None:
            begun.append(name)
            raise BackendUnavailable("the engine is gone")

        with pytest.raises(BackendUnavailable):
            run_side_by_side(list("abcdef"), 1, work)
        assert len(begun) < 6


class Run:
    """A run of scenarios that end as they are told to."""

    def __init__(self, folder: Path, monkeypatch) -> None:
        self.folder = folder
        monkeypatch.setattr(report, "ROOT", folder)
        self.report = Report()

    def ends(self, name: str, log: str = "") -> None:
        """Without a log it passes."""
        file = self.folder / f"{name}.log"
        file.write_text(log)
        self.report.tell(Outcome(scenario(name), not log, 2.0, file))


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    return Run(tmp_path, monkeypatch)


class TestSecondAttempts:
    @pytest.mark.parametrize(
        ("log", "is_due"),
        [
            (OF_TIME, True),
            (OF_TIME_AND_MORE, False),
            (NOT_A_TEST, False),
            ("[measures_time] 0 of 3 failed\n", False),
            ("killed\n", False),
        ],
        ids=[
            "only tests that measure time",
            "another one, too",
            "no test at all",
            "none that measures time",
            "nothing said",
        ],
    )
    def test_what_is_run_once_more(self, run, log, is_due):
        run.ends("a", log)
        run.ends("b")
        assert [each.name for each in run.report.due_again(2)] == (["a"] if is_due else [])

    def test_what_passes_then_has_passed_and_is_counted(self, run, capsys):
        run.ends("a", OF_TIME)
        run.ends("b")
        assert run.report.due_again(2)
        run.ends("a")
        assert run.report.close(2) == 0
        said = capsys.readouterr().out.splitlines()
        assert said[-1] == "2 passed, 0 failed, 1 rerun"
        assert any(line.startswith("ok     a") and line.endswith("at the second attempt") for line in said)

    def test_what_fails_again_has_failed(self, run, capsys):
        run.ends("a", OF_TIME)
        run.report.due_again(2)
        run.ends("a", OF_TIME)
        assert run.report.close(1) == 1
        assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed, 1 rerun"

    def test_more_than_a_few_are_no_coincidence(self, run, capsys):
        for name in "abc":
            run.ends(name, OF_TIME)
        assert run.report.due_again(2) == []
        assert run.report.close(3) == 1
        assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 3 failed"

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("tests", "line"),
        [
            ("@pytest.mark.measures_time\ndef test_a(): assert False", "[measures_time] 1 of 1 failed"),
            (
                "@pytest.mark.measures_time\ndef test_a(): assert False\ndef test_b(): assert False",
                "[measures_time] 1 of 2 failed",
            ),
            ("@pytest.mark.measures_time\ndef test_a(gone): pass", "[measures_time] 0 of 1 failed"),
            ("def test_a(): pass", None),
        ],
        ids=["a test that measures time", "another one, too", "its fixture", "none"],
    )
    def test_the_verification_says_how_much_is_a_matter_of_time(self, tests, line, tmp_path):
        (tmp_path / "test_scenario.py").write_text(f"import pytest\n{tests}\n")
        conftest = "from molecule_conftest import pytest_terminal_summary\n"
        (tmp_path / "conftest.py").write_text(conftest)
        (tmp_path / "molecule_conftest.py").write_text((ROOT / "molecule" / "conftest.py").read_text())
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-c",
            str(ROOT / "molecule" / "pytest.ini"),
            f"--rootdir={tmp_path}",
            "-p",
            "no:cacheprovider",
            str(tmp_path),
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert [said for said in done.stdout.splitlines() if "[measures_time]" in said] == ([line] if line else [])


class TestFigures:
    def test_a_scenario_that_was_not_run_has_not_passed(self, run, capsys):
        run.ends("a")
        assert run.report.close(2) == 1
        assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"

    def test_the_run_ends_with_what_it_took(self, run, capsys):
        run.ends("a")
        run.ends("b")
        run.report.close(2)
        assert capsys.readouterr().out.splitlines()[-2].startswith("4 s of scenarios in 0 s")

    @pytest.mark.parametrize(
        ("log", "reason"),
        [
            (
                "ok\nFAILED tests/test_a.py::test_a - it\nFAILED tests/test_a.py::test_b - too\n",
                "FAILED tests/test_a.py::test_a - it",
            ),
            ("fatal: [a]: one more try\n...ignoring\nfatal: [b]: refused\n", "fatal: [b]: refused"),
            ("killed\n", "its log tells no failed test or task"),
        ],
        ids=["a test", "a task", "neither"],
    )
    def test_the_end_tells_what_failed_and_why(self, run, capsys, log, reason):
        run.ends("a", log)
        run.ends("b")
        run.report.close(2)
        assert capsys.readouterr().out.splitlines()[-2] == f"failed: a: {reason}"

    def test_the_figures_of_pytest_in_a_log_are_not_taken_for_ours(self, run, capsys):
        run.ends("a", "===== 1 failed, 45 passed in 22.42s =====\n")
        run.report.close(1)
        tallies = [tally_of(line) for line in capsys.readouterr().out.splitlines()]
        assert [tally for tally in tallies if tally] == [Tally(failed=1)]

    def test_what_a_scenario_measured_is_shown_with_its_outcome(self, run, capsys):
        run.ends("a", "tests/test_a.py .\n[measured] exposure on etcd1: 1.3\n.\nits log says [measured] as well\n")
        lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
        assert [line for line in lines if line.startswith("exposure")] == ["exposure on etcd1: 1.3"]


def of_all() -> list[Scenario]:
    """Those that run where none is named."""
    return [scenario for scenario in load() if scenario.name not in ON_REQUEST]


class TestLeftOut:
    @pytest.mark.parametrize(
        ("wanted", "ci", "exit_code"),
        [([], "", 0), ([], "true", 1), (["dead_member"], "", 1)],
        ids=["elsewhere", "on CI", "asked for by name"],
    )
    def test_where_a_piece_is_missing_scenarios_are_left_out_by_name(self, wanted, ci, exit_code, monkeypatch, capsys):
        def absent():
            raise BackendAbsent("no Docker engine here; start it")

        monkeypatch.setattr(command, "require_engine", absent)
        monkeypatch.setenv("CI", ci)
        assert command.main(wanted) == exit_code
        why, which = capsys.readouterr().err.splitlines()
        assert why == "molecule: no Docker engine here; start it"
        assert which == "molecule: left out: " + ", ".join(wanted or [each.name for each in of_all()])

    @pytest.mark.parametrize(
        ("wanted", "ci", "exit_code"),
        [([], "", 0), ([], "true", 1), (["role_upgrade"], "", 1)],
        ids=["elsewhere", "on CI", "asked for by name"],
    )
    def test_a_scenario_without_its_release_is_left_out_and_the_others_run(
        self, wanted, ci, exit_code, monkeypatch, capsys
    ):
        def find(version):
            if version == "3.4.23":
                raise releases.ReleaseMissing("no etcd 3.4.23 on this machine")

        ran: list[str] = []
        monkeypatch.setattr(command, "require_engine", lambda: None)
        monkeypatch.setattr(command, "run_all", lambda chosen: ran.extend(each.name for each in chosen) or 0)
        monkeypatch.setattr(releases, "find", find)
        monkeypatch.setenv("CI", ci)
        assert command.main(wanted) == exit_code
        assert capsys.readouterr().err.splitlines() == [
            "molecule: no etcd 3.4.23 on this machine",
            "molecule: left out: role_upgrade",
        ]
        assert ran == [each.name for each in of_all() if not wanted and each.name != "role_upgrade"]

    def test_one_that_takes_many_minutes_runs_where_it_is_named(self, monkeypatch):
        ran: list[str] = []
        monkeypatch.setattr(command, "require_engine", lambda: None)
        monkeypatch.setattr(command, "run_all", lambda chosen: ran.extend(each.name for each in chosen) or 0)
        monkeypatch.setattr(releases, "find", lambda version: version)
        assert command.main(list(ON_REQUEST)) == 0
        assert ran == list(ON_REQUEST)

    def test_a_release_that_is_chosen_is_that_of_the_scenarios_about_none(self, monkeypatch):
        asked: list[str | None] = []
        monkeypatch.setattr(releases, "find", asked.append)
        monkeypatch.setenv(releases.CHOICE_FOR_SCENARIOS, "3.6")
        assert command.lacking_releases([scenario("any"), Scenario("one", ("etcd1",), "node", ("3.4.23",))]) == {}
        assert asked == ["3.6", "3.4.23"]

    def test_what_is_there_and_does_not_work_is_a_failure_everywhere(self, monkeypatch, capsys):
        def broken():
            raise BackendUnavailable("the engine hangs")

        monkeypatch.setattr(command, "require_engine", broken)
        monkeypatch.delenv("CI", raising=False)
        assert command.main([]) == 1
        assert capsys.readouterr().err == "molecule: the engine hangs\n"

    def test_a_name_that_is_none_is_told_with_those_there_are(self, capsys):
        assert command.main(["dead_membre"]) == 2
        assert "no scenario dead_membre; there are: add_to_single, dead_member" in capsys.readouterr().err
