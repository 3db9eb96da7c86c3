# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test`: every command that CI runs, one after the other, what each took, and one line of figures at the end.

A step that fails does not keep the later ones from running, so that one run shows all there is to mend.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STEPS = ("lint", "unit", "integration", "demo", "molecule")
# Steps that show something instead of counting tests: each is one test, passed when it ends well.
SHOWN = ("demo",)
# Steps that need something that not every machine has, and say themselves that they were left out.
OPTIONAL = ("molecule",)


@dataclass(frozen=True)
class Tally:
    """How many tests ended how; errors of fixtures and collection count as failed. `rerun` is how many were run a second time."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    rerun: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped, self.rerun + other.rerun)

    def __str__(self) -> str:
        rest = "".join(f", {number} {what}" for number, what in ((self.skipped, "skipped"), (self.rerun, "rerun")) if number)
        return f"{self.passed} passed, {self.failed} failed{rest}"


@dataclass(frozen=True)
class Outcome:
    """How one step ended: its exit code is what counts, the tally is what it said of itself."""

    step: str
    exit_code: int
    tally: Tally
    seconds: float


def tally_of(line: str) -> Tally | None:
    """The figures of a runner's closing line (pytest's, or our own `N passed, N failed`), None where the line is none."""
    closing = re.fullmatch(r"[=\s]*((?:\d+ \w+(?:, )?)+)(?: in [\d.]+s.*)?[=\s]*", line.strip())
    figures = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (\w+)", closing[1])} if closing else {}
    if not figures.keys() & {"passed", "failed", "error"}:
        return None
    return Tally(figures.get("passed", 0), figures.get("failed", 0) + figures.get("error", 0), figures.get("skipped", 0), figures.get("rerun", 0))


def take(step: str) -> Outcome:
    """Runs one command of the Makefile, passing its output on as it comes."""
    print(f"\n=== make {step}", flush=True)
    started = time.monotonic()
    tally = Tally()
    with subprocess.Popen(["make", step], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            tally = tally_of(line) or tally
    if step in SHOWN:
        tally = Tally(passed=1) if process.returncode == 0 else Tally(failed=1)
    return Outcome(step, process.returncode, tally, time.monotonic() - started)


def verdict(outcome: Outcome) -> str:
    """One line on a step. A step that tested nothing has not passed."""
    if outcome.exit_code:
        state = "FAILED"
    elif outcome.tally.passed:
        state = "ok"
    else:
        state = "left out" if outcome.step in OPTIONAL else "FAILED"
    return f"{state:8} make {outcome.step:12} {outcome.seconds:6.1f} s   {outcome.tally}"


def main() -> int:
    outcomes = [take(step) for step in STEPS]
    print("\n=== all")
    for outcome in outcomes:
        print(verdict(outcome))
    total = sum((outcome.tally for outcome in outcomes), Tally())
    broken = [outcome for outcome in outcomes if verdict(outcome).startswith("FAILED")]
    # A step can fail without a failed test (a crash, nothing collected); the closing line must not look green then.
    unseen = sum(1 for outcome in broken if not outcome.tally.failed)
    print(total + Tally(failed=unseen))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
