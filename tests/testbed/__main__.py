# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.testbed``: real etcd clusters at the terminal."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, NoReturn

from . import fetching, pictures, programs, registry, releases, waiting
from .backend import BackendUnavailable
from .cluster import Cluster
from .member import MemberExited
from .ports import NoPortLeft
from .state import ImpossibleState

UP_SECONDS = 60.0
TROUBLE = (
    BackendUnavailable, ImpossibleState, MemberExited, NoPortLeft, PermissionError, releases.ReleaseMissing,
    registry.NameTaken, registry.NoSuchCluster, waiting.NotInTime,
)  # fmt: skip
STATE_OPTIONS = (
    "size",
    "dead",
    "leader_dead",
    "unstarted",
    "learners",
    "unstarted_learners",
    "tls",
    "auth",
    "partitionable",
    "timing",
    "version",
    "backend",
)


class Stopped(Exception):
    """Somebody asked the process to end."""


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    asked = _parser().parse_args(given)
    asked.given = given
    try:
        return int(asked.run(asked) or 0)
    except TROUBLE as trouble:
        print(f"testbed: {str(trouble).splitlines()[0]}", file=sys.stderr)
        return 2


def _up(asked: argparse.Namespace) -> None:
    name = asked.name or registry.free_name()
    registry.check_free(name)
    if asked.detach:
        record = _raise_in_background(asked, name)
        print(f"{pictures.picture(record)}\n\n{pictures.how_to_use(record, is_held_here=False)}")
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with Cluster(**_state(asked)) as cluster, registry.registered(cluster, name, asked.backend) as record:
            print(f"{pictures.picture(record)}\n\n{pictures.how_to_use(record, is_held_here=True)}", flush=True)
            signal.pause()
    except (KeyboardInterrupt, Stopped):
        print(f"\n{name} is gone")


def _stop(number: int, frame: object) -> NoReturn:
    raise Stopped


def _raise_in_background(asked: argparse.Namespace, name: str) -> registry.Record:
    """Starts the holder apart from this terminal, and returns when its cluster stands."""
    command = programs.command("", *asked.given, "--foreground", "--name", name)
    with tempfile.TemporaryFile("w+") as errors:
        holder = subprocess.Popen(
            command,
            env=programs.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        found: list[registry.Record] = []

        def look() -> str | None:
            if holder.poll() is not None:
                errors.seek(0)
                raise ImpossibleState(
                    (errors.read().strip().splitlines() or [f"it ended with {holder.returncode}"])[-1].removeprefix(
                        "testbed: "
                    )
                )
            found.extend(record for record in registry.all_records() if record.name == name)
            return None if found else "it is not registered yet"

        waiting.until(f"{name} to stand", look, UP_SECONDS)
    return found[0]


def _state(asked: argparse.Namespace) -> dict[str, Any]:
    state: dict[str, Any] = {option: getattr(asked, option) for option in STATE_OPTIONS}
    return {**state, "strict": not asked.no_strict, "partitioned": [group.split(",") for group in asked.partitioned]}


def _down(asked: argparse.Namespace) -> None:
    for record in registry.all_records() if asked.all else [registry.find(asked.name)]:
        registry.take_down(record)
        print(f"{record.name} is gone")


def _list(asked: argparse.Namespace) -> None:
    if asked.name:
        record = registry.find(asked.name)
        print(f"{pictures.picture(record)}\n\n{pictures.how_to_use(record, is_held_here=False)}")
        return
    records = registry.all_records()
    if not records:
        print(f"no cluster stands; bring one up with `python -m {programs.PACKAGE} up --size 3`")
        return
    print(
        pictures.table(
            [("NAME", "ETCD", "MEMBERS", "UP", "FIRST ENDPOINT"), *map(pictures.one_line, records)], indent=""
        )
    )


def _releases(asked: argparse.Namespace) -> int:
    missing = dict.fromkeys(_missing(asked.fetch or ()), "--fetch gets them")
    if asked.fetch is not None:
        missing = _fetch(list(missing))
    found = list(releases.available().values())
    if not found:
        print(f"no etcd on this machine; name a binary in {releases.OVERRIDE}")
    elif not asked.brief:
        print(pictures.release_rows(found))
    for reason in dict.fromkeys(missing.values()):
        alike = [version for version, why in missing.items() if why == reason]
        versions = ", ".join(sorted(alike, key=releases.numbers))
        consequence = "" if asked.fetch else ", whose tests are left out (on CI they fail)"
        print(f"missing: etcd {versions}{consequence}; {reason}", file=sys.stderr)
    return 1 if not found or (missing and (asked.fetch or os.environ.get("CI"))) else 0


def _missing(wanted: Sequence[str]) -> list[str]:
    try:
        return fetching.missing(wanted)
    except LookupError as unknown:
        raise releases.ReleaseMissing(str(unknown)) from None


def _fetch(versions: Sequence[str]) -> dict[str, str]:
    """Fetches these, and returns those that could not be had, each with the reason."""
    missing: dict[str, str] = {}

    def tell(fetched: fetching.Fetched) -> None:
        if fetched.source is None:
            missing[fetched.version] = fetched.problem
        came = f"{fetched.source}, {fetched.seconds:.0f} s" if fetched.source else "could not be had"
        print(f"  {fetched.version:8}{came}", flush=True)

    if versions:
        print(f"fetching etcd {', '.join(versions)} into {releases.CACHE}, once ...", flush=True)
        fetching.fetch(versions, tell)
    return missing


def _bench(asked: argparse.Namespace) -> None:
    from .bench import measure

    for line in measure(asked.rounds, asked.version):
        print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {programs.PACKAGE}",
        description="Real etcd clusters in any state, for tests and for looking at.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="bring a cluster up and hold it until Ctrl-C")
    up.add_argument("--size", type=int, default=3, metavar="N", help="voters that are started (3)")
    up.add_argument("--dead", type=int, default=0, metavar="N", help="of these, killed")
    up.add_argument("--leader-dead", action="store_true", help="the leader is among the dead")
    up.add_argument("--unstarted", type=int, default=0, metavar="N", help="voters registered, never started")
    up.add_argument("--learners", type=int, default=0, metavar="N", help="learners in sync")
    up.add_argument("--unstarted-learners", type=int, default=0, metavar="N", help="learners registered, never started")
    up.add_argument("--tls", action="store_true", help="TLS with client certificates, also between peers")
    up.add_argument("--auth", action="store_true", help="RBAC on, with the user root")
    up.add_argument(
        "--partitioned",
        action="append",
        default=[],
        metavar="NAMES",
        help="cut off: etcd1,etcd2 or leader; may be repeated",
    )
    up.add_argument("--partitionable", action="store_true", help=argparse.SUPPRESS)
    up.add_argument("--no-strict", action="store_true", help="without the strict reconfiguration check")
    up.add_argument(
        "--timing",
        choices=("fast", "default"),
        default="default",
        help="heartbeat and election: etcd's own (default), or a third",
    )
    up.add_argument("--version", metavar="V", help="3.5.1, or 3.5 for its newest here")
    up.add_argument("--backend", choices=("processes", "docker"), default="processes")
    up.add_argument("--name", help="what to call it (cluster-1, ...)")
    up.add_argument("--detach", action="store_true", help="leave it running and return")
    up.add_argument("--foreground", dest="detach", action="store_false", help=argparse.SUPPRESS)
    up.set_defaults(run=_up)

    down = commands.add_parser("down", help="end a running cluster and remove its traces")
    down.add_argument("name", nargs="?", help="which; not needed if only one stands")
    down.add_argument("--all", action="store_true", help="every cluster of yours that stands")
    down.set_defaults(run=_down)

    listing = commands.add_parser("list", help="what stands, or one cluster as it is now")
    listing.add_argument("name", nargs="?")
    listing.set_defaults(run=_list)

    found = commands.add_parser("releases", help="the etcd releases of this machine")
    found.add_argument(
        "--fetch",
        nargs="*",
        metavar="VERSION",
        help="get those that are missing: of the tests' releases (releases.toml), or of these: 3.6.5, or 3.6",
    )
    found.add_argument("--brief", action="store_true", help="say only what is fetched, and what is missing")
    found.set_defaults(run=_releases)

    bench = commands.add_parser("bench", help="how long each state takes, from nothing")
    bench.add_argument("--rounds", type=int, default=10, metavar="N")
    bench.add_argument("--version", metavar="V")
    bench.set_defaults(run=_bench)
    return parser


if __name__ == "__main__":
    sys.exit(main())
