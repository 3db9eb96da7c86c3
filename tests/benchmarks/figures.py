# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How benchmarks say what they found: tables of 80 columns, and whether a target was met."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A figure that was promised, what was measured, and the unit of both."""

    promise: str
    limit: float
    measured: float
    unit: str

    @property
    def is_met(self) -> bool:
        return self.measured <= self.limit

    def __str__(self) -> str:
        verdict = "met" if self.is_met else "MISSED"
        return f"{verdict:7}{self.promise}: {self.measured:.3g} {self.unit} (at most {self.limit:g})"


def milliseconds(seconds: Sequence[float]) -> str:
    """The median, and the range, of durations given in seconds."""
    return f"{statistics.median(seconds) * 1000:7.0f}{min(seconds) * 1000:7.0f}{max(seconds) * 1000:7.0f}"


def tell_targets(targets: Sequence[Target]) -> None:
    print()
    for target in targets:
        print(target)
