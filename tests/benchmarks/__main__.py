# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.benchmarks [tasks|imports|testbed|availability|role|suite]`: runs the benchmarks; none named means
all of them.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from tests.testbed import ReleaseMissing, releases

from . import availability, imports, suite, tasks, testbed
from .figures import Target

PLOT = Path(__file__).resolve().parents[2] / "docs" / "images" / "availability.svg"
BENCHMARKS = ("tasks", "imports", "testbed", "availability", "role", "suite")
RELEASES = ("3.4.23", "3.5.30")


def main() -> int:
    arguments = _arguments()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, ansible-core "
        f"{importlib.metadata.version('ansible-core')}"
    )
    benchmarks: dict[str, Callable[[], list[Target]]] = {
        "tasks": lambda: tasks.measure(arguments.rounds or 20),
        "imports": lambda: imports.measure(arguments.rounds or 20),
        "testbed": lambda: testbed.measure(arguments.rounds or 20),
        "availability": lambda: _availability(
            arguments.rounds or 5, arguments.release or list(RELEASES), arguments.plot
        ),
        "role": lambda: _role(arguments.rounds or 5, arguments.growth),
        "suite": suite.measure,
    }
    try:
        targets = [target for name in arguments.benchmark or benchmarks for target in benchmarks[name]()]
    except ReleaseMissing as missing:
        sys.exit(str(missing))
    except KeyboardInterrupt:
        return 130
    return 0 if all(target.is_met for target in targets) else 1


def _availability(rounds: int, versions: list[str], file: Path) -> list[Target]:
    samples, targets = availability.measure(rounds, [releases.find(version).version for version in versions])
    # matplotlib takes its time to load, and the other benchmarks do without.
    from .plot import draw

    draw(samples, file)
    print(f"\nThe picture: {file}")
    return targets


def _role(rounds: int, growth: bool) -> list[Target]:
    # Only this one needs containers, and the library for them.
    from . import role

    return role.measure(rounds, growth)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("benchmark", nargs="*", choices=[[], *BENCHMARKS], metavar="|".join(BENCHMARKS))
    parser.add_argument(
        "--rounds", type=int, help="how often each thing is measured (tasks, imports and testbed 20, the others 5)"
    )
    parser.add_argument(
        "--release",
        action="append",
        help=f"etcd release of the availability benchmark, may be repeated ({', '.join(RELEASES)})",
    )
    parser.add_argument(
        "--growth",
        action="store_true",
        help="role: also with 7 and 9 hosts, and with 10 clusters in the inventory, which takes long",
    )
    parser.add_argument("--plot", type=Path, default=PLOT, help="where the picture of the availability benchmark goes")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
