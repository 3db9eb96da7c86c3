# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make molecule`: runs Molecule's scenarios, as many at a time as there are processors, and tells how each ended.

Those of the role go one at a time: they hold whole systems, and measure how long writes stand still. One that failed is run
once more, alone, and told apart; more than a few of them are no coincidence.

A process per scenario: Molecule's own `--workers` leaves out the making and removing of hosts.
"""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.environment import ROOT
from tests.testbed.backend import BackendAbsent, BackendUnavailable

SCENARIOS = ROOT / "molecule"
LOGS = ROOT / "tests" / "output" / "molecule"
SECONDS = 900
LAST_LINES = 60
MOST_SECOND_ATTEMPTS = 2


@dataclass(frozen=True)
class Outcome:
    """How a scenario ended."""

    name: str
    passed: bool
    seconds: float
    log: Path


def scenarios() -> list[str]:
    return sorted(file.parent.name for file in SCENARIOS.glob("*/molecule.yml"))


def run(name: str) -> Outcome:
    """Runs one scenario from the leading to the final destroy, its output in a file."""
    log = LOGS / f"{name}.log"
    if log.exists():
        log.replace(LOGS / f"{name}.before.log")
    started = time.monotonic()
    with log.open("w") as output:
        try:
            done = subprocess.run(
                ["molecule", "test", "-s", name], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=SECONDS, check=False
            )
            passed = done.returncode == 0
        except subprocess.TimeoutExpired:
            output.write(f"not done after {SECONDS} s\n")
            passed = False
    return Outcome(name, passed, time.monotonic() - started, log)


def fills_the_machine(name: str) -> bool:
    """Whether its hosts are whole systems."""
    options = yaml.safe_load((SCENARIOS / name / "molecule.yml").read_text())["driver"].get("options") or {}
    return options.get("kind") == "systemd"


def run_all(names: list[str]) -> int:
    LOGS.mkdir(parents=True, exist_ok=True)
    large = [name for name in names if fills_the_machine(name)]
    small = [name for name in names if name not in large]
    outcomes = [tell(outcome) for wave, most in ((small, os.cpu_count() or 1), (large, 1)) for outcome in run_wave(wave, most)]
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    again = failed if len(failed) <= MOST_SECOND_ATTEMPTS else []
    for name in again:
        if tell(run(name), "at the second attempt").passed:
            failed = [other for other in failed if other != name]
    print(f"{len(names) - len(failed)} passed, {len(failed)} failed" + (f", {len(again)} rerun" if again else ""))
    return 1 if failed else 0


def run_wave(names: list[str], most: int) -> Iterator[Outcome]:
    """Runs these, no more than ``most`` at a time; each outcome as it comes."""
    with concurrent.futures.ThreadPoolExecutor(most) as pool:
        for running in concurrent.futures.as_completed([pool.submit(run, name) for name in names]):
            yield running.result()


def tell(outcome: Outcome, remark: str = "") -> Outcome:
    print(f"{'ok' if outcome.passed else 'FAILED':6} {outcome.name:24} {outcome.seconds:6.1f} s {remark}".rstrip(), flush=True)
    if not outcome.passed:
        print("\n".join(outcome.log.read_text(errors="replace").splitlines()[-LAST_LINES:]))
        print(f"all of it: {outcome.log.relative_to(ROOT)}", flush=True)
    return outcome


def main(wanted: list[str]) -> int:
    known = scenarios()
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        print(f"no scenario {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    from tests.images import recipe
    from tests.testbed.docker.preflight import engine_for_labs

    try:
        engine_for_labs(recipe.all_names())
    except BackendAbsent as absent:
        # Who asks for a scenario by name wants it run.
        print(f"molecule: {absent}; {len(known)} scenarios are left out", file=sys.stderr)
        return 1 if wanted else 0
    except BackendUnavailable as broken:
        print(f"molecule: {broken}", file=sys.stderr)
        return 1
    return run_all(wanted or known)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
