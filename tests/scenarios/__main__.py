# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.scenarios [NAME]...`"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from ..testbed import releases
from ..testbed.backend import BackendAbsent, BackendUnavailable
from ..testbed.docker import backend_class
from .catalogue import ON_REQUEST, ROOT, Scenario, chains_of, load
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
    chosen = [
        scenario for scenario in known if (scenario.name in wanted if wanted else scenario.name not in ON_REQUEST)
    ]
    # Who asks for a scenario by name wants it run, and CI wants all of them.
    when_left_out = 1 if wanted or os.environ.get("CI") else 0
    try:
        require_engine()
        without_release = lacking_releases(chosen)
        for problem in dict.fromkeys(without_release.values()):
            leave_out(problem, [name for name, why in without_release.items() if why == problem])
        here = [scenario for scenario in chosen if scenario.name not in without_release]
        ended = run_all(here) if here else 0
        return ended or (when_left_out if without_release else 0)
    except BackendAbsent as absent:
        leave_out(str(absent), [scenario.name for scenario in chosen])
        return when_left_out
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


def lacking_releases(scenarios: Sequence[Scenario]) -> dict[str, str]:
    """The scenarios whose etcd is not on this machine, by name, each with the reason in one line."""
    lacking = {}
    for scenario in scenarios:
        try:
            for release in scenario.releases or [os.environ.get(releases.CHOICE_FOR_SCENARIOS) or None]:
                releases.find(release)
        except releases.ReleaseMissing as missing:
            lacking[scenario.name] = str(missing)
    return lacking


def leave_out(why: str, names: Sequence[str]) -> None:
    print(f"molecule: {why}\nmolecule: left out: {', '.join(names)}", file=sys.stderr)


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
