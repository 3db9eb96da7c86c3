# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a scenario ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .catalogue import Scenario

MOST_CHARACTERS = 400


@dataclass(frozen=True)
class Outcome:
    scenario: Scenario
    passed: bool
    seconds: float
    log: Path
    adopted: str = ""
    """The scenario whose hosts and cluster it took over."""

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def _text(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def measured(self) -> list[str]:
        """What its tests measured and want to be read in every log: their lines that begin with `[measured]`."""
        return re.findall(r"^\[measured\] (.+)", self._text, re.MULTILINE)

    @property
    def reason(self) -> str:
        """Why it failed, in one line: the first failed test that its log tells, or else the last failed task."""
        tests = re.findall(r"^(?:FAILED|ERROR) \S+::.*", self._text, re.MULTILINE)
        tasks = re.findall(r"^(?:fatal|failed): \[.*", self._text, re.MULTILINE)
        return (tests[:1] or tasks[-1:] or ["its log tells no failed test or task"])[0][:MOST_CHARACTERS]

    @property
    def is_a_matter_of_time(self) -> bool:
        """Whether it failed, and only in tests that measure time.

        molecule/conftest.py prints the line where tests failed.
        """
        counted = re.findall(r"\[measures_time\] (\d+) of (\d+) failed", self._text)
        return not self.passed and bool(counted) and all(of_time == failed != "0" for of_time, failed in counted)
