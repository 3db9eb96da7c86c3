# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make compatibility`: what is counted for which module and playbook, and the page that is generated."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.compatibility import __main__ as runs
from tests.compatibility import outcomes, results, subjects
from tests.compatibility.results import PartResult, Tally


def test_the_page_says_what_the_results_say():
    assert results.PAGE.read_text() == results.page_of(results.read()), "python -m tests.compatibility page"


def test_every_module_and_playbook_has_a_row():
    page = results.page_of({})
    for name in (*subjects.modules(), *subjects.playbooks()):
        assert f"`{name}`" in page


@pytest.mark.parametrize(
    ("file", "about"),
    [
        ("tests/integration/modules/test_member_add.py", {"module `etcd_member`"}),
        ("tests/integration/client/test_tls.py", {"connection to etcd"}),
        ("tests/integration/role/test_check.py", {"playbook `check`"}),
        ("tests/integration/test_differences.py", set()),
    ],
)
def test_a_test_is_about_what_its_file_runs(file, about):
    assert subjects.of_file(file) == about


def test_a_scenario_is_about_what_it_runs_also_in_a_file_that_scenarios_share():
    assert {"playbook `deploy`", "playbook `upgrade`"} <= subjects.of_scenario("role_upgrade")
    assert "module `etcd_member`" in subjects.of_scenario("default")


def test_results_are_kept_by_release_and_part_and_come_back_as_they_were(tmp_path):
    record, page = tmp_path / "results.json", tmp_path / "page.md"
    tally = results.tallied([("passed", ("a", "b")), ("failed", ("a",)), ("left_out", ("b",))])
    assert tally == {"a": Tally(1, 1, 0), "b": Tally(1, 0, 1)}
    kept = {"3.10.0": {"integration": PartResult("2026-11-27", Tally(1, 1, 1), tally)}, "3.9.1": {}}
    results.write(kept, record, page)
    assert results.read(record) == kept
    text = page.read_text()
    assert "| tested | 3.9.1 | 3.10.0 |" in text
    assert "| **integration tests** | – | 1 passed, 1 **failed**, 1 left out (2026-11-27) |" in text
    assert "| **Molecule scenarios** | – | – |" in text


def test_only_tests_of_that_release_run_and_each_end_is_noted(tmp_path, monkeypatch):
    (tmp_path / "test_some.py").write_text(
        "import pytest\n"
        "def test_any(): pass\n"
        "@pytest.mark.etcd(version='3.4.23')\ndef test_of_another(): pass\n"
        "@pytest.mark.etcd(version='3.6')\ndef test_of_its_minor(): assert False\n"
        "@pytest.mark.parametrize('version', [None, '3.5.34'])\ndef test_of_some(version): pytest.skip('no piece')\n"
    )
    notes = tmp_path / "notes"
    monkeypatch.setenv("ETCD_TEST_RELEASE", "3.6.16")
    monkeypatch.setenv(outcomes.NOTES, str(notes))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.compatibility.outcomes", "-p", "no:cacheprovider"]
    subprocess.run([*command, f"--rootdir={tmp_path}", str(tmp_path / "test_some.py")], cwd=subjects.ROOT, check=False)
    ended = {
        line.partition("::")[2].partition('"')[0] + line.rpartition(": ")[2] for line in notes.read_text().splitlines()
    }
    assert ended == {'test_any"passed"}', 'test_of_its_minor"failed"}', 'test_of_some[None]"left_out"}'}


def test_the_ends_of_scenarios_are_read_from_what_is_printed(monkeypatch, tmp_path):
    printed = (
        "ok     default                    21.0 s\nFAILED role_host                   70.1 s\n| ok 1 s\n"
        "molecule: left out: moves, partition\nok     role_host                  60.0 s at the second attempt\n"
    )
    (tmp_path / "printed").write_text(printed)
    monkeypatch.setattr(runs, "scenarios_command", lambda: ["cat", str(tmp_path / "printed")])
    assert runs.run_molecule({}) == {
        "default": "passed",
        "role_host": "passed",
        "moves": "left_out",
        "partition": "left_out",
    }


def test_a_scenario_of_certain_releases_is_not_run():
    command = runs.scenarios_command()
    assert "default" in command
    assert "role_upgrade" not in command


@pytest.mark.parametrize("arguments", [[], ["3.6.16", "unit"]])
def test_it_has_to_be_told_a_release_and_knows_its_parts(arguments, capsys):
    assert runs.main(arguments) == 2
    assert "make compatibility RELEASE=" in capsys.readouterr().err


def test_a_release_that_is_not_here_is_one_line(capsys):
    assert runs.main(["3.0.99"]) == 1
    assert "no etcd 3.0.99 on this machine" in capsys.readouterr().err
