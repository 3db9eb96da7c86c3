# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last run of `make test` or `make quick` took: seconds, tests and share of the processors per step, and the
slowest parts.

The run itself notes it, so that whoever adds to the suite sees its next hour coming.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .figures import Target

RECORD = Path("tests/output/suite.json")
SLOWEST = 10
MOST_SECONDS = {"test": 1200.0, "quick": 120.0}
"""What the whole of a run may take on two ordinary cores."""
PROCESSOR_TIMES = Path("/proc/stat")
IDLE = (3, 4)
"""Which columns of the kernel's counters are no work: idle, and waiting for a disk."""


@dataclass(frozen=True)
class Part:
    """A test, a gate or a scenario, and the seconds that it took."""

    name: str
    seconds: float


@dataclass(frozen=True)
class StepRecord:
    """What one step took. `busy` is the share of all processors that the machine used meanwhile, 0 to 1."""

    step: str
    seconds: float
    passed: int
    failed: int
    skipped: int
    rerun: int
    busy: float
    slowest: tuple[Part, ...]


@dataclass(frozen=True)
class ProcessorTime:
    """What the machine's processors have done since it started, in the kernel's ticks."""

    worked: int
    in_all: int

    @classmethod
    def now(cls) -> ProcessorTime:
        ticks = [int(tick) for tick in PROCESSOR_TIMES.read_text().splitlines()[0].split()[1:9]]
        return cls(sum(ticks) - sum(ticks[column] for column in IDLE), sum(ticks))

    def busy_since(self, earlier: ProcessorTime) -> float:
        return (self.worked - earlier.worked) / max(1, self.in_all - earlier.in_all)


def save(run: str, steps: Sequence[StepRecord]) -> None:
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps({"run": run, "steps": [asdict(step) for step in steps]}, indent=1) + "\n")


def load() -> tuple[str, list[StepRecord]]:
    """The last run. Raises FileNotFoundError where there was none."""
    noted = json.loads(RECORD.read_text())
    return noted["run"], [
        StepRecord(**{**step, "slowest": tuple(Part(**part) for part in step["slowest"])}) for step in noted["steps"]
    ]


def table(steps: Sequence[StepRecord]) -> list[str]:
    """The steps and their slowest parts, in 80 columns."""
    lines = [f"{'step':14}{'seconds':>9}{'tests':>7}{'second attempts':>17}{'processors used':>17}"]
    for step in steps:
        tests = step.passed + step.failed
        lines.append(f"{step.step:14}{step.seconds:9.0f}{tests:7}{step.rerun:17}{step.busy:17.0%}")
    seconds = sum(step.seconds for step in steps)
    busy = sum(step.busy * step.seconds for step in steps) / seconds if seconds else 0.0
    lines.append(
        f"{'all':14}{seconds:9.0f}{sum(step.passed + step.failed for step in steps):7}"
        f"{sum(step.rerun for step in steps):17}{busy:17.0%}"
    )
    parts = sorted(((part.seconds, step.step, part.name) for step in steps for part in step.slowest), reverse=True)[
        :SLOWEST
    ]
    return [
        *lines,
        "",
        f"the {len(parts)} slowest",
        *(f"{seconds:7.0f} s  {step:12} {_short(name)}" for seconds, step, name in parts),
    ]


def _short(name: str) -> str:
    """The end of a name, which tells tests of one file apart."""
    name = name.rpartition("::")[2] or name
    return name if len(name) <= 56 else name[:53] + "..."


def measure() -> list[Target]:
    """Prints the last run. Its targets are not held here: another machine, another time."""
    try:
        run, steps = load()
    except FileNotFoundError:
        print("no run of make test or make quick was noted in this checkout yet")
        return []
    print(f"\nmake {run}, as it ran last")
    for line in table(steps):
        print(line)
    return [Target(f"make {run}", MOST_SECONDS[run], sum(step.seconds for step in steps), "s")]
