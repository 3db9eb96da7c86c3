# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last run on each release came to, in a file, and the page of the documentation that is made of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.testbed.releases import numbers

from . import subjects

RECORD = Path(__file__).with_name("results.json")
PAGE = subjects.ROOT / "docs" / "compatibility.md"
PARTS = {"integration": "integration tests", "molecule": "Molecule scenarios"}
NOT_RUN = "–"
HEAD = """# Compatibility

This page says which etcd releases the collection was tested with, and what the last run on each release came to. It is
generated: `make compatibility RELEASE=3.6.16` runs everything that is about etcd on that release, adds the result to
`tests/compatibility/results.json`, and writes this page. Tests of other releases (an upgrade from 3.4, for example) are
not in these figures.
"""


@dataclass(frozen=True)
class Tally:
    """How many tests of a subject ended how. `left_out`: this machine lacked something that they need."""

    passed: int = 0
    failed: int = 0
    left_out: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.passed + other.passed, self.failed + other.failed, self.left_out + other.left_out)

    def __str__(self) -> str:
        told = ((self.passed, "passed"), (self.failed, "**failed**"), (self.left_out, "left out"))
        return ", ".join(f"{number} {what}" for number, what in told if number) or NOT_RUN


@dataclass(frozen=True)
class PartResult:
    """What one part came to on one release: the day it ran, and the tally of all tests and of each subject."""

    date: str
    all: Tally
    subjects: Mapping[str, Tally]


Results = Mapping[str, Mapping[str, PartResult]]
"""By release and part."""


def tallied(outcomes: Iterable[tuple[str, Iterable[str]]]) -> dict[str, Tally]:
    """The tally of each subject; an outcome comes with the subjects of its test."""
    counted: dict[str, Counter[str]] = {}
    for outcome, names in outcomes:
        for name in names:
            counted.setdefault(name, Counter())[outcome] += 1
    return {name: Tally(**counts) for name, counts in sorted(counted.items())}


def read(record: Path = RECORD) -> dict[str, dict[str, PartResult]]:
    told = json.loads(record.read_text()) if record.exists() else {}
    return {
        release: {
            part: PartResult(
                result["date"],
                Tally(**result["all"]),
                {name: Tally(**tally) for name, tally in result["subjects"].items()},
            )
            for part, result in parts.items()
        }
        for release, parts in told.items()
    }


def write(results: Results, record: Path = RECORD, page: Path = PAGE) -> None:
    told = {release: {part: asdict(result) for part, result in parts.items()} for release, parts in results.items()}
    record.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n")
    page.write_text(page_of(results))


def page_of(results: Results) -> str:
    releases = sorted(results, key=numbers)
    rows = [["tested", *releases], ["---"] * (1 + len(releases))]
    rows += [[name, *(str(_of_subject(results[release], name)) for release in releases)] for name in subjects.order()]
    rows += [
        [f"**{title}**", *(_of_part(results[release].get(part)) for release in releases)]
        for part, title in PARTS.items()
    ]
    return HEAD + "\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _of_subject(parts: Mapping[str, PartResult], name: str) -> Tally:
    return sum((result.subjects.get(name, Tally()) for result in parts.values()), Tally())


def _of_part(result: PartResult | None) -> str:
    return f"{result.all} ({result.date})" if result else NOT_RUN
