# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills runs of a playbook one after the other, each at a point that no run before it came to, until one comes to its
end.

A point lies between two tasks: after one that ran and may have changed something on some host, and before the next one
begins. Kills elsewhere leave the hosts as a kill at the point before them does. The same task is another point in the
turn of each member. Each run starts from what the killed one has left, so it plans anew, passes the points of the runs
before it, and is killed at the first one beyond: no two tasks of the hop are left between which no run was killed,
including the tasks that finish what a killed run has left.

`--draw N` kills no more than N runs. How many new points each of them passes first is drawn by a seed, which is
printed; with the same one in QUORUM_ETCD_KILL_SEED the same are drawn.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

MOST_RUNS = 300
"""More than there are points, so that a chain that does not come forward ends."""
MOST_SECONDS = 600
MOST_PASSED = 10
"""How many new points a run with a drawn number passes at most: three such runs get through most of a hop."""
SEED = "QUORUM_ETCD_KILL_SEED"
CALLBACKS = Path(__file__).parent / "callbacks"


def main(*given: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=Path, required=True, help="the file of the points, removed first")
    parser.add_argument("--draw", type=int, help="kill so many runs at most")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="playbook and arguments of ansible-playbook")
    chosen = parser.parse_args(given)
    chosen.points.parent.mkdir(parents=True, exist_ok=True)
    failures = chosen.points.with_name(chosen.points.name + ".failed")
    for each in (chosen.points, failures):
        each.unlink(missing_ok=True)
    seed = int(os.environ.get(SEED) or secrets.randbelow(10**6))
    if chosen.draw is not None:
        print(f"{SEED}={seed}", flush=True)
    for kill_at in kills(chosen.draw, seed):
        code = run(chosen.command, chosen.points, kill_at)
        if failures.exists():
            print(f"no task may fail; this one did: {failures.read_text()}")
            return 1
        if code == -signal.SIGKILL:
            print(f"killed {chosen.points.read_text().splitlines()[-1]}", flush=True)
        else:
            return code
    print(f"not done after {MOST_RUNS} runs")
    return 1


def kills(draw: int | None, seed: int) -> Iterable[int]:
    """For each run, at which of the new points it is killed; 0 lets it come to its end."""
    if draw is None:
        return [1] * MOST_RUNS
    drawn = random.Random(seed)  # noqa: S311
    return [*(drawn.randint(1, MOST_PASSED) for _ in range(draw)), 0]


def run(command: list[str], points: Path, kill_at: int) -> int:
    """One run, in a group of processes of its own."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), *command],
        env={
            **os.environ,
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "kill_points",
            "QUORUM_ETCD_KILL_POINTS": str(points),
            "QUORUM_ETCD_KILL_AT": str(kill_at),
        },
        start_new_session=True,
        timeout=MOST_SECONDS,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
