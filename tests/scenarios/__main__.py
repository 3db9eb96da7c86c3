# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.scenarios [NAME]...`"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from ..testbed.backend import BackendAbsent, BackendUnavailable
from ..testbed.docker import backend_class
from .catalogue import ROOT, Scenario, chains_of, load
from .report import Report
from .side_by_side import run_side_by_side

SIDE_BY_SIDE = -(-3 * (os.cpu_count() or 1) // 2)
"""Half of what a scenario takes is waiting."""
MOST_RERUNS = 2


def main(wanted: Sequence[str]) -> int:
    known = load()
    names = [scenario.name for scenario in known]
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        print(f"no scenario {', '.join(unknown)}; there are: {', '.join(names)}", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    chosen = [scenario for scenario in known if not wanted or scenario.name in wanted]
    try:
        require_engine()
        return run_all(chosen)
    except BackendAbsent as absent:
        print(
            f"molecule: {absent}\nmolecule: left out: {', '.join(scenario.name for scenario in chosen)}",
            file=sys.stderr,
        )
        # Who asks for a scenario by name wants it run, and CI wants all of them.
        return 1 if wanted or os.environ.get("CI") else 0
    except BackendUnavailable as broken:
        print(f"molecule: {broken}", file=sys.stderr)
        return 1


def require_engine() -> None:
    """Raises BackendUnavailable where Molecule's hosts cannot be made, BackendAbsent where this machine lacks a piece
    for it.
    """
    backend_class()
    from ..testbed.docker.preflight import engine_for_labs
    from ..testbed.images import recipe

    engine_for_labs(recipe.all_names())


def run_all(scenarios: Sequence[Scenario]) -> int:
    """Runs these, then once more, alone, those that failed in nothing but tests that measure time."""
    from .run import LOGS, Runner

    LOGS.mkdir(parents=True, exist_ok=True)
    runner, report = Runner(), Report()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: runner.stop())
    run_side_by_side(chains_of(scenarios), SIDE_BY_SIDE, lambda chain: runner.run_chain(chain, report.tell))
    for scenario in report.due_again(MOST_RERUNS):
        runner.run_chain((scenario,), report.tell)
    return report.close(len(scenarios))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
