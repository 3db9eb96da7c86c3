# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.bare_machine.side_by_side`: the first process of a bare machine. Runs the commands of one user, one
after the other.

It is started in namespaces of its own for mounts and processes, which end with it, and all that is in them. It ends
when its input does: whoever started it holds the other end, and cannot go without letting go of it.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from . import checkout, furnishing

SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_TO_END = 3.0
ORIGIN = "srv/origin.git"
CHECKOUT = "quorum.etcd"


@dataclass(frozen=True)
class Order:
    """What is to be run as whom. `online`: how many of the commands, from the first, have a network."""

    user: str
    uid: int
    tar: str
    root: str
    pip_cache: str
    logs: str
    commands: Sequence[str]
    online: int
    seconds: float


@dataclass(frozen=True)
class Ended:
    """How a command ended, which processes were left of it, and which files of the checkout are not the user's."""

    command: str
    exit_code: int
    seconds: float
    log: str
    left_running: Sequence[str]
    not_theirs: Sequence[str]


class Machine:
    """One unpacked root folder, and one user in it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.root = Path(order.root)
        self.home = "/root" if order.uid == 0 else f"/home/{order.user}"

    def set_up(self) -> None:
        furnishing.mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(self.root))
        subprocess.run(
            [
                "tar",
                "--extract",
                "--preserve-permissions",
                "--numeric-owner",
                f"--file={self.order.tar}",
                f"--directory={self.root}",
            ],
            check=True,
        )
        furnishing.furnish(self.root)
        if self.order.uid:
            self._run_as_root("useradd", "--create-home", f"--uid={self.order.uid}", self.order.user)
        home = self.root / self.home.lstrip("/")
        furnishing.take_over_pip_settings(home)
        (home / ".cache" / "pip").mkdir(parents=True)
        checkout.store(self.root / ORIGIN)
        self._run_as_root("chown", "-R", f"{self.order.user}:", self.home, f"/{ORIGIN}")
        shutil.chown(self.order.pip_cache, self.order.uid, self.order.uid)
        furnishing.mount("--bind", self.order.pip_cache, str(home / ".cache" / "pip"))

    def clone(self) -> Ended:
        return self.run(f"git clone --quiet /{ORIGIN} {CHECKOUT}", folder=self.home, online=False)

    def run_all(self) -> Iterator[Ended]:
        for number, command in enumerate(self.order.commands):
            yield self.run(command, folder=f"{self.home}/{CHECKOUT}", online=number < self.order.online)

    def run(self, command: str, folder: str, online: bool) -> Ended:
        log = Path(self.order.logs, f"{self.order.user}-{'-'.join(command.split()[:2])}.log")
        started = time.monotonic()
        alone = [] if online else ["unshare", "--net", sys.executable, "-m", "tests.bare_machine.loopback"]
        enter = ["chroot", f"--userspec={self.order.uid}:{self.order.uid}", "--groups=", str(self.root)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *alone,
                    *enter,
                    "/usr/bin/env",
                    "-i",
                    *_assignments(self._environment()),
                    "sh",
                    "-c",
                    f"cd {folder} && exec {command}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            exit_code = self._wait(process.pid, started + self.order.seconds)
            process.returncode = exit_code
        return Ended(
            command, exit_code, time.monotonic() - started, str(log), self._end_what_is_left(), self._not_theirs()
        )

    def _environment(self) -> dict[str, str]:
        return {
            "HOME": self.home,
            "USER": self.order.user,
            "LOGNAME": self.order.user,
            "PATH": furnishing.PATH,
            **furnishing.settings(),
        }

    def _run_as_root(self, *command: str) -> None:
        subprocess.run(["chroot", str(self.root), *command], env={"PATH": furnishing.PATH}, check=True)

    def _wait(self, wanted: int, deadline: float) -> int:
        """Waits for one process, and buries those that nobody else does: that is what the first process of a system is
        for.
        """
        while time.monotonic() < deadline:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == wanted:
                return os.waitstatus_to_exitcode(status)
            if not pid and select.select([sys.stdin], [], [], SECONDS_BETWEEN_LOOKS)[0]:
                sys.exit("whoever ordered this is gone")
        return 124

    def _end_what_is_left(self) -> list[str]:
        deadline = time.monotonic() + SECONDS_TO_END
        while (left := self._others()) and time.monotonic() < deadline:
            _bury()
            time.sleep(SECONDS_BETWEEN_LOOKS)
        for pid in left:
            os.kill(pid, 9)
        while self._others():
            _bury()
            time.sleep(SECONDS_BETWEEN_LOOKS)
        return list(left.values())

    def _others(self) -> dict[int, str]:
        """The processes of this machine but this one, each by what it was called with."""
        found = {}
        for folder in (self.root / "proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_text(errors="replace").split("\0")
            except OSError:
                continue
            if folder.name != "1":
                found[int(folder.name)] = " ".join(words).strip() or "(ended, not waited for)"
        return found

    def _not_theirs(self) -> list[str]:
        """Files of the checkout that belong to somebody else."""
        top = self.root / self.home.lstrip("/") / CHECKOUT
        paths = (os.path.join(folder, name) for folder, folders, files in os.walk(top) for name in (*folders, *files))
        return [os.path.relpath(path, top) for path in paths if os.lstat(path).st_uid != self.order.uid]


def _assignments(environment: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in environment.items()]


def _bury() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return


def main(order: Order) -> None:
    machine = Machine(order)
    machine.set_up()
    cloned = machine.clone()
    print(json.dumps(asdict(cloned)), flush=True)
    for ended in machine.run_all() if cloned.exit_code == 0 else ():
        print(json.dumps(asdict(ended)), flush=True)


if __name__ == "__main__":
    main(Order(**json.loads(sys.stdin.readline())))
