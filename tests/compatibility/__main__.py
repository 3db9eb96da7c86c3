# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.compatibility 3.6.16 [integration] [molecule]`: both parts, unless some are named.

`page` instead of a release writes the page anew, as after a module or a playbook was added.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.integration.differences import CHOICE
from tests.scenarios import catalogue
from tests.testbed import ReleaseMissing, releases

from . import results, subjects
from .outcomes import NOTES
from .results import PARTS, PartResult, Tally

LAB_CHOICE = "ETCD_LAB_VERSION"
NOT_ABOUT_ETCD = ("demo", "testbed", "testbed_docker")
"""Folders of the integration tests that show and test the test bed."""
END_OF_A_SCENARIO = re.compile(r"(ok|FAILED) +(\S+) +[\d.]+ s\b.*")
LEFT_OUT = re.compile(r"molecule: left out: (.+)")

Ends = dict[str, str]
"""How each test ended, by its name: passed, failed or left_out."""


def environment_for(release: str) -> dict[str, str]:
    """With it, that release is the newest of this machine, and the one of every test of a behaviour."""
    etcd = releases.find(release).etcd
    return {**os.environ, CHOICE: release, releases.OVERRIDE: str(etcd), LAB_CHOICE: release}


def run_integration(environment: Mapping[str, str]) -> Ends:
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder, "outcomes")
        notes.touch()
        ignored = [f"--ignore=tests/integration/{name}" for name in NOT_ABOUT_ETCD]
        command = [sys.executable, "-m", "tests.phases", "-p", "tests.compatibility.outcomes", *ignored]
        subprocess.run(command, env={**environment, NOTES: str(notes)}, check=False)
        told = [json.loads(line) for line in notes.read_text().splitlines()]
    return {line["test"]: line["outcome"] for line in told}


def scenarios_command() -> list[str]:
    """Runs the scenarios of no release in particular: one that names its releases says nothing of this one."""
    names = [scenario.name for scenario in catalogue.load() if not scenario.releases]
    return [sys.executable, "-m", "tests.scenarios", *names]


def run_molecule(environment: Mapping[str, str]) -> Ends:
    ends: Ends = {}
    with subprocess.Popen(
        scenarios_command(), env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if told := END_OF_A_SCENARIO.fullmatch(line.strip()):
                ends[told[2]] = "passed" if told[1] == "ok" else "failed"
            elif left_out := LEFT_OUT.fullmatch(line.strip()):
                ends.update(dict.fromkeys(left_out[1].split(", "), "left_out"))
    return ends


RUNNERS: Mapping[str, tuple[Callable[[Mapping[str, str]], Ends], Callable[[str], frozenset[str]]]] = {
    "integration": (run_integration, lambda test: subjects.of_file(test.partition("::")[0])),
    "molecule": (run_molecule, subjects.of_scenario),
}
"""How a part is run, and what its tests are about."""


def run_part(part: str, environment: Mapping[str, str]) -> PartResult:
    run, subjects_of = RUNNERS[part]
    ends = run(environment)
    of_all = results.tallied((outcome, ("all",)) for outcome in ends.values()).get("all", Tally())
    of_each = results.tallied((outcome, subjects_of(test)) for test, outcome in ends.items())
    return PartResult(datetime.date.today().isoformat(), of_all, of_each)


def summary(release: str, parts: Mapping[str, PartResult]) -> str:
    return results.page_of({release: parts}).partition("\n\n|")[2].replace("`", "").replace("*", "")


def main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["page"]:
        results.write(results.read())
        return 0
    release, *named = arguments or [""]
    if not release or set(named) - PARTS.keys():
        print("usage: make compatibility RELEASE=3.6.16 [PART=integration|molecule]", file=sys.stderr)
        return 2
    try:
        environment = environment_for(release)
    except ReleaseMissing as missing:
        print(f"compatibility: {missing}", file=sys.stderr)
        return 1
    ran = {part: run_part(part, environment) for part in named or PARTS}
    print(f"\n|{summary(release, ran)}")
    if any(result.all == Tally() for result in ran.values()):
        print("compatibility: a part ran no test, and nothing is noted", file=sys.stderr)
        return 1
    known = results.read()
    results.write({**known, release: {**known.get(release, {}), **ran}})
    print(f"noted in {results.RECORD.relative_to(subjects.ROOT)} and {results.PAGE.relative_to(subjects.ROOT)}")
    return 1 if any(result.all.failed for result in ran.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
