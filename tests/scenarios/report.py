# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is printed of a run, and whether it passed."""

from __future__ import annotations

import threading
import time

from ..benchmarks.suite import ProcessorTime
from .catalogue import ROOT, Scenario
from .outcome import Outcome

LAST_LINES = 60


class Report:
    """Prints each outcome as it comes, and counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._processors = ProcessorTime.now()
        self._last: dict[str, Outcome] = {}
        self._seconds = 0.0
        self._rerun: list[str] = []

    def tell(self, outcome: Outcome) -> None:
        """Takes note of an outcome, the second one of a scenario in place of the first."""
        with self._lock:
            remark = (
                "at the second attempt"
                if outcome.name in self._last
                else f"on the hosts of {outcome.adopted}"
                if outcome.adopted
                else ""
            )
            self._last[outcome.name] = outcome
            self._seconds += outcome.seconds
            verdict = "ok" if outcome.passed else "FAILED"
            print(f"{verdict:6} {outcome.name:24} {outcome.seconds:6.1f} s {remark}".rstrip(), flush=True)
            for line in outcome.measured:
                print(f"       {line}", flush=True)
            if not outcome.passed:
                # Marked, so that nobody takes pytest's figures in it for ours.
                print(
                    "\n".join(
                        f"| {line}" for line in outcome.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
                    )
                )
                print(f"all of it: {outcome.log.relative_to(ROOT)}", flush=True)

    def due_again(self, most: int) -> list[Scenario]:
        """The scenarios to run once more: those that failed in nothing but tests that measure time, unless there are
        more than a few of them.
        """
        due = [outcome.scenario for outcome in self._last.values() if outcome.is_a_matter_of_time]
        if len(due) > most:
            print(
                f"more than {most} scenarios failed in tests that measure time: that is no coincidence, and none "
                "is run again"
            )
            return []
        self._rerun = [scenario.name for scenario in due]
        if due:
            print(f"run again, since only tests that measure time failed: {', '.join(self._rerun)}", flush=True)
        return due

    def close(self, wanted: int) -> int:
        """Prints the figures of the whole run, and returns its exit code.

        A scenario that was not run has not passed.
        """
        passed = sum(outcome.passed for outcome in self._last.values())
        failed = wanted - passed
        busy = ProcessorTime.now().busy_since(self._processors)
        # Whoever used them: what runs in containers are children of the engine, not ours.
        print(
            f"{self._seconds:.0f} s of scenarios in {time.monotonic() - self._began:.0f} s, the machine's "
            f"processors {busy:.0%} busy"
        )
        # Once more, since those who keep the end of a long log need it there.
        for outcome in self._last.values():
            if not outcome.passed:
                print(f"failed: {outcome.name}: {outcome.reason}")
        print(f"{passed} passed, {failed} failed" + (f", {len(self._rerun)} rerun" if self._rerun else ""))
        return 1 if failed else 0
