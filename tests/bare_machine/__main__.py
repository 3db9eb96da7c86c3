# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bare`: on a machine with git, make and Python alone, as root and as an ordinary user, the commands of a clean
clone do what they say.

The quick tests are run as the ordinary user alone: `make test` runs them, and more, as root.

The first command sets itself up from the package mirrors. All others have no network, so whatever else they tried to
fetch would fail them.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from tests.environment import ROOT
from tests.testbed import cache

from .root_folder import NAMESPACES, Broken, NotHere, kept_tar
from .side_by_side import Ended, Order

USERS = {"root": 0, "tester": 1000}
COMMANDS = {
    "root": ("make demo", "make molecule", "make images"),
    "tester": ("make demo", "make quick", "make molecule", "make images"),
}
ONLINE = 1
SECONDS = 900.0
COLUMNS = 80
LAST_LINES = 60
LOGS = ROOT / "tests" / "output" / "bare"
MOUNT_POINT = LOGS / "machine"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CLONE = "git clone"


def faults_of(ended: Ended, output: str) -> list[str]:
    """What is wrong with how a command ended; nothing where all is well."""
    faults = [f"it left running: {process}" for process in ended.left_running]
    faults += [f"it left a file that is not the user's: {path}" for path in ended.not_theirs]
    if ended.exit_code:
        faults.append(f"it ended with {ended.exit_code}")
    else:
        faults += EXPECTED.get(ended.command, lambda _: [])(COLOUR.sub("", output).splitlines())
    return faults


def _demo_faults(lines: list[str]) -> list[str]:
    faults = [f"a line of {len(line)} columns: {line}" for line in lines if len(line) > COLUMNS]
    lost = [line for line in lines if re.fullmatch(r"\s*0  acknowledged writes lost", line)]
    return faults if lost else [*faults, "it does not say that no acknowledged write was lost"]


def _says_that_there_is_no_engine(speaker: str) -> Callable[[list[str]], list[str]]:
    def faults(lines: list[str]) -> list[str]:
        said = [
            line for line in lines if line.startswith(f"{speaker}: ") and not line.startswith(f"{speaker}: left out: ")
        ]
        return (
            []
            if len(said) == 1 and "docker" in said[0].lower()
            else [f"it does not say in one line that there is no engine, but: {said}"]
        )

    return faults


EXPECTED: dict[str, Callable[[list[str]], list[str]]] = {
    "make demo": _demo_faults,
    "make molecule": _says_that_there_is_no_engine("molecule"),
    "make images": _says_that_there_is_no_engine("images"),
}


def require_namespaces() -> None:
    if os.geteuid() != 0:
        raise NotHere("only root can make a bare machine; run: sudo make bare")
    tried = subprocess.run(
        [*NAMESPACES, "--net", "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if tried.returncode:
        raise NotHere(
            f"this machine does not let root make namespaces ({tried.stderr.strip()}); run it in a virtual "
            "machine or a privileged container"
        )


def run_as(user: str, tar: Path) -> Iterator[Ended]:
    """Runs all commands as this user on a machine of their own; each as it ends."""
    pip_cache = cache.folder() / "bare" / "pip" / user
    pip_cache.mkdir(parents=True, exist_ok=True)
    order = Order(
        user, USERS[user], str(tar), str(MOUNT_POINT), str(pip_cache), str(LOGS), COMMANDS[user], ONLINE, SECONDS
    )
    command = [*NAMESPACES, sys.executable, "-m", "tests.bare_machine.side_by_side"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(asdict(order)) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            yield Ended(**json.loads(line))


class Report:
    """Tells how each command ended, as it does; both users' in one stream."""

    def __init__(self) -> None:
        self.passed = self.failed = 0
        self._turn = threading.Lock()

    def tell_all(self, user: str, tar: Path) -> None:
        missing = [CLONE, *COMMANDS[user]]
        for ended in run_as(user, tar):
            missing.pop(0)
            self._tell(user, ended)
        for command in missing:
            self._tell_line(user, command, False, "was not run")

    def _tell(self, user: str, ended: Ended) -> None:
        output = Path(ended.log).read_text(errors="replace")
        faults = faults_of(ended, output)
        with self._turn:
            self._tell_line(user, ended.command.partition(" --")[0], not faults, f"{ended.seconds:6.1f} s")
            if faults:
                print("\n".join([*(f"  {fault}" for fault in faults), *output.splitlines()[-LAST_LINES:]]))
                print(f"all of it: {Path(ended.log).relative_to(ROOT)}", flush=True)

    def _tell_line(self, user: str, command: str, well: bool, remark: str) -> None:
        if command != CLONE or not well:
            self.passed, self.failed = self.passed + well, self.failed + (not well)
        print(f"{'ok' if well else 'FAILED':6} {user + ': ' + command:24} {remark}", flush=True)


def tell(line: str) -> None:
    print(f"bare: {line}", flush=True)


def main() -> int:
    started = time.monotonic()
    try:
        require_namespaces()
        tar = kept_tar(tell)
    except NotHere as absent:
        print(f"bare: {absent}", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    except Broken as broken:
        print(f"bare: {broken}", file=sys.stderr)
        return 1
    shutil.rmtree(LOGS, ignore_errors=True)
    MOUNT_POINT.mkdir(parents=True)
    tell(f"Debian with git, make and Python; {' and '.join(USERS)} side by side")
    report = Report()
    with concurrent.futures.ThreadPoolExecutor(len(USERS)) as pool:
        for running in [pool.submit(report.tell_all, user, tar) for user in USERS]:
            running.result()
    tell(f"{time.monotonic() - started:.0f} s")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
