# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.testbed.docker preflight|create|destroy|clean`: what Molecule's playbooks and the Makefile call."""

from __future__ import annotations

import argparse
import os
import sys

from ..backend import BackendUnavailable
from ..member import MemberExited
from ..releases import ReleaseMissing
from ..state import ImpossibleState
from ..waiting import NotInTime
from . import backend_class

COMMANDS = {
    "preflight": "say in one line what this machine lacks to run containers, and how to get it",
    "create": "make the hosts of the Molecule scenario that calls this",
    "destroy": "remove the hosts of the Molecule scenario that calls this",
    "clean": "remove what Molecule scenarios of this project, and runs that are gone, have left",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, meaning in COMMANDS.items():
        commands.add_parser(name, help=meaning, description=meaning)
    command = parser.parse_args().command
    try:
        backend_class()
        run(command)
    except (BackendUnavailable, ImpossibleState, MemberExited, NotInTime, ReleaseMissing) as problem:
        print(f"test bed: {problem}", file=sys.stderr)
        return 1
    return 0


def run(command: str) -> None:
    from . import lab, ownership
    from .preflight import engine_for_labs

    if command == "create":
        lab.create(lab.Scenario.from_environment(os.environ))
    elif command == "destroy":
        lab.destroy(lab.Scenario.from_environment(os.environ))
    elif command == "preflight":
        from ..images import recipe

        engine_for_labs(recipe.all_names())
    else:
        client = engine_for_labs([]).client
        removed = [*ownership.remove_leftovers(client), *ownership.remove_labs_of_this_project(client)]
        print("\n".join(f"removed {name}" for name in removed) or "nothing was left")


if __name__ == "__main__":
    sys.exit(main())
