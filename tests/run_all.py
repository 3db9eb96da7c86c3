# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test` and `make quick`: their commands one after the other, what each took, and one line of figures at the end.

A step that fails does not keep the later ones from running, so that one run shows all there is to mend.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import suite
from tests.benchmarks.suite import Part, ProcessorTime, StepRecord

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Step:
    """One command of the Makefile.

    `optional`: it needs something that not every machine has, and says itself that it was left out.
    """

    name: str
    arguments: tuple[str, ...] = ()
    optional: bool = False


RUNS = {
    "test": (
        Step("lint", ("GATE=test",)),
        Step("unit", ("COVERAGE=core",)),
        Step("integration"),
        Step("molecule", optional=True),
        Step("bare", optional=True),
    ),
    "quick": (
        Step("lint", ("GATE=quick",)),
        Step("unit", ("ARGS=-m 'not slow'",)),
        Step("integration", ("ARGS=--quick",)),
    ),
}
MEANWHILE = {"test": ("releases", "images")}
"""What is made beside the first steps of a run: on a new machine it takes minutes, later nothing."""
# A test, a gate, a scenario and what it took, as pytest and our own programs say it.
DURATION_OF_A_TEST = re.compile(r"([\d.]+)s (?:call|setup|teardown) +(\S.*)")
DURATION_OF_A_PART = re.compile(r"(?:ok|FAILED) +(\S+) +([\d.]+) s\b.*")
FAILURE = re.compile(r"(?:FAILED|ERROR) \S+.*|failed: .*")
HEAD_OF_DURATIONS = re.compile(r"=+ slowest \d+ durations =+")


@dataclass(frozen=True)
class Tally:
    """How many tests ended how; errors of fixtures and collection count as failed.

    `rerun` is how many were run a second time.
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    rerun: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.rerun + other.rerun,
        )

    def __str__(self) -> str:
        rest = "".join(
            f", {number} {what}" for number, what in ((self.skipped, "skipped"), (self.rerun, "rerun")) if number
        )
        return f"{self.passed} passed, {self.failed} failed{rest}"


@dataclass(frozen=True)
class Outcome:
    """How one step ended: its exit code is what counts, the tally is what it said of itself."""

    step: Step
    exit_code: int
    tally: Tally
    seconds: float
    busy: float = 0.0
    parts: tuple[Part, ...] = ()
    failures: tuple[str, ...] = ()
    """Its lines that tell what failed."""

    @property
    def record(self) -> StepRecord:
        slowest = sorted(self.parts, key=lambda part: -part.seconds)[: suite.SLOWEST]
        tally = self.tally
        return StepRecord(
            self.step.name,
            self.seconds,
            tally.passed,
            tally.failed,
            tally.skipped,
            tally.rerun,
            self.busy,
            tuple(slowest),
        )


def tally_of(line: str) -> Tally | None:
    """The figures of a runner's closing line (pytest's, or our own `N passed, N failed`), None where the line is
    none.
    """
    closing = re.fullmatch(r"[=\s]*((?:\d+ \w+(?:, )?)+)(?: in [\d.]+s.*)?[=\s]*", line.strip())
    figures = (
        {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (\w+)", closing[1])} if closing else {}
    )
    if not figures.keys() & {"passed", "failed", "error"}:
        return None
    return Tally(
        figures.get("passed", 0),
        figures.get("failed", 0) + figures.get("error", 0),
        figures.get("skipped", 0),
        figures.get("rerun", 0),
    )


def part_of(line: str) -> Part | None:
    """The part of a step whose duration a line of its output tells, None where it tells none."""
    if test := DURATION_OF_A_TEST.fullmatch(line.strip()):
        return Part(test[2], float(test[1]))
    if part := DURATION_OF_A_PART.fullmatch(line.strip()):
        return Part(part[1], float(part[2]))
    return None


def take(step: Step) -> Outcome:
    """Runs one command of the Makefile, passing its output on as it comes.

    Its runners may be several, each with a closing line.
    """
    print(f"\n=== make {' '.join((step.name, *step.arguments))}", flush=True)
    started, processors = time.monotonic(), ProcessorTime.now()
    tally = Tally()
    parts = []
    failures = []
    command = ["make", step.name, *step.arguments]
    environment = {
        **os.environ,
        "PYTEST_ADDOPTS": f"{os.environ.get('PYTEST_ADDOPTS', '')} --durations={suite.SLOWEST} --durations-min=1",
    }
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            if part := part_of(line):
                parts.append(part)
            if FAILURE.fullmatch(line.strip()):
                failures.append(line.strip())
            # The slowest tests are told once, at the end of everything.
            if not DURATION_OF_A_TEST.fullmatch(line.strip()) and not HEAD_OF_DURATIONS.fullmatch(line.strip()):
                print(line, end="", flush=True)
            tally += tally_of(line) or Tally()
    return Outcome(
        step,
        process.returncode,
        tally,
        time.monotonic() - started,
        ProcessorTime.now().busy_since(processors),
        tuple(parts),
        tuple(failures),
    )


def verdict(outcome: Outcome) -> str:
    """One line on a step. A step that tested nothing has not passed."""
    if outcome.exit_code:
        state = "FAILED"
    elif outcome.tally.passed:
        state = "ok"
    else:
        state = "left out" if outcome.step.optional else "FAILED"
    return f"{state:8} make {outcome.step.name:12} {outcome.seconds:6.1f} s   {outcome.tally}"


@contextlib.contextmanager
def made_meanwhile(targets: Sequence[str]) -> Iterator[None]:
    """Begins what later steps need anyway, as a guest of the first ones: lint leaves processors idle.

    Whatever fails here is tried again by the step that needs it, and told there.
    """
    command = ["nice", "make", f"--jobs={len(targets)}", *targets]
    with subprocess.Popen(
        command if targets else ["true"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as making:
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(making.pid, signal.SIGTERM)


def main(run: str = "test") -> int:
    with made_meanwhile(MEANWHILE.get(run, ())):
        outcomes = [take(step) for step in RUNS[run]]
    records = [outcome.record for outcome in outcomes]
    suite.save(run, records)
    print(f"\n=== make {run}: what it took")
    for line in suite.table(records):
        print(line)
    print()
    for outcome in outcomes:
        print(verdict(outcome))
        # Those who keep the end of a long log have to find it there.
        for failure in outcome.failures if outcome.exit_code else ():
            print(f"         {failure}")
    total = sum((outcome.tally for outcome in outcomes), Tally())
    broken = [outcome for outcome in outcomes if verdict(outcome).startswith("FAILED")]
    # A step can fail without a failed test (a crash, nothing collected); the closing line must not look green then.
    unseen = sum(1 for outcome in broken if not outcome.tally.failed)
    print(total + Tally(failed=unseen))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
