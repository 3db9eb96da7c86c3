# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.demo`: sets the stage, plays the script, and says what it cost the writer."""

from __future__ import annotations

import contextlib
import signal
import sys
import time

from tests.ansible_playbook import PlaybookBroken
from tests.testbed import Cluster, ReleaseMissing
from tests.testbed.member import MemberExited
from tests.testbed.session import current
from tests.testbed.waiting import NotInTime
from tests.testbed.writer import Report, Writer

from .hosts import Hosts
from .screen import BOLD, DIM, GREEN, RED, Screen
from .script import Script, Unexpected, check_writes

NEWCOMERS = ("etcd2", "etcd3", "etcd4")
WRITES_PER_SECOND = 100
ELECTION_SECONDS = 1.0
"""What a gap is measured against: one election time-out of etcd's defaults.

A busy machine alone may make a longer one.
"""


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    screen = Screen(sys.stdout)
    started = time.monotonic()
    try:
        check_writes(_demo(screen))
    except (Unexpected, PlaybookBroken, ReleaseMissing, NotInTime, MemberExited) as problem:
        screen.line()
        screen.say(str(problem), RED)
        return 1
    except KeyboardInterrupt:
        screen.line()
        screen.say("Stopped; everything that was started is gone.")
        return 130
    screen.line()
    screen.say(f"Done in {time.monotonic() - started:.0f} s, and everything that was started is gone.", GREEN)
    screen.say("The playbooks to read and copy: tests/demo/join.yml and tests/demo/remove.yml", DIM)
    return 0


def _demo(screen: Screen) -> Report:
    screen.line(screen.paint("quorum.etcd: a cluster grows, loses a member, is repaired and shrinks", BOLD))
    screen.say(
        "Real etcd, real playbooks, and a hosts.yml with four hosts that are all this machine.", DIM, first="", rest=""
    )
    screen.line()
    with contextlib.ExitStack() as stage:
        with screen.waiting("Starting a cluster of one member") as end_with:
            cluster = stage.enter_context(Cluster(size=1, timing="default"))
            end_with("ready", GREEN)
        hosts = [*cluster.members, *(cluster.spare(name) for name in NEWCOMERS)]
        inventory = stage.enter_context(Hosts(hosts, current().new_directory())).inventory
        writer = stage.enter_context(
            Writer(cluster, rate=WRITES_PER_SECOND, endpoints=[host.client_url for host in hosts])
        )
        script = Script(cluster, hosts, inventory, writer, screen)
        script.play()
        screen.heading("What it cost the writer")
        with screen.waiting("Reading every acknowledged write back from every member") as end_with:
            report = writer.stop()
            end_with("done", GREEN)
    _tell_writes(screen, report, script)
    return report


def _tell_writes(screen: Screen, report: Report, script: Script) -> None:
    worst = max(report.gaps, key=lambda gap: gap.seconds, default=None)
    screen.line()
    for figure, words, is_good in (
        (f"{report.acknowledged}", "writes acknowledged", report.acknowledged > 0),
        (f"{report.failed}", "writes failed", report.failed == 0),
        (f"{report.lost}", "acknowledged writes lost", report.lost == 0),
        (
            f"{report.longest_gap * 1000:.0f} ms",
            "longest time between two acknowledgements",
            report.longest_gap < ELECTION_SECONDS,
        ),
    ):
        screen.line(f"  {screen.paint(f'{figure:>8}', BOLD, GREEN if is_good else RED)}  {words}")
    if worst is not None:
        screen.line(f"  {'':8}  {screen.paint(f'that was during: {script.step_at(worst.at)}', DIM)}")


if __name__ == "__main__":
    sys.exit(main())
