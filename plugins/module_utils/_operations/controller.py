# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The controller: which run of Ansible this is, and whether another one of this controller is still alive."""

from __future__ import annotations

import hashlib
import os
import pwd
import socket
import time
import typing as t
from dataclasses import dataclass

from .._membership.run_lease import Holder

# Fields of /proc/<process>/stat behind the name of the program (proc_pid_stat(5)).
_STATE, _START = 0, 19
_DEAD = ("Z", "X", "x")


@dataclass(frozen=True)
class Processes:
    """The processes that this controller sees, in `proc`."""

    proc: str = "/proc"

    def place(self) -> tuple[str, str]:
        """The boot and the namespace in which a process id means a process; empty where that cannot be told.

        Then, and on systems other than Linux, no run is known to be dead, and its lease ends by its age.
        """
        try:
            if os.readlink(f"{self.proc}/self") != str(os.getpid()):
                return "", ""
            with open(f"{self.proc}/sys/kernel/random/boot_id", encoding="ascii") as file:
                return file.read().strip(), os.readlink(f"{self.proc}/self/ns/pid")
        except OSError:
            return "", ""

    def start_of(self, process: int) -> str:
        """When it began, in ticks since the boot; empty where that cannot be told."""
        return self._stat(process)[_START] if self._stat(process) else ""

    def is_dead(self, process: int, start: str) -> bool:
        """Whether there is no such process any more, or only one that was given its number later."""
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        fields = self._stat(process)
        return bool(fields) and (fields[_STATE] in _DEAD or fields[_START] != start)

    def _stat(self, process: int) -> list[str]:
        try:
            with open(f"{self.proc}/{process}/stat", encoding="utf-8", errors="replace") as file:
                return file.read().rpartition(")")[2].split()
        except OSError:
            return []


def this_run(process: int, playbook: str, play: str, play_id: str, processes: Processes | None = None) -> Holder:
    """The run whose main process that is. All its plays are one run."""
    processes = processes or Processes()
    boot_id, pid_namespace = processes.place()
    start = processes.start_of(process) if boot_id else ""
    host = socket.gethostname()
    identity = (host, boot_id, pid_namespace, str(process), start or play_id)
    return Holder(
        run_id=hashlib.sha256("\n".join(identity).encode()).hexdigest()[:16],
        host=host,
        user=_user(os.environ),
        playbook=playbook,
        play=play,
        since=time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        process=process,
        process_start=start,
        boot_id=boot_id if start else "",
        pid_namespace=pid_namespace if start else "",
    )


def died_here(other: Holder, mine: Holder, processes: Processes | None = None) -> bool:
    """Whether the other run was one of this controller, and its process is dead."""
    processes = processes or Processes()
    return mine.shares_controller_with(other) and processes.is_dead(other.process, other.process_start)


def _user(environment: t.Mapping[str, str]) -> str:
    """Who runs it: with sudo, the user that did that."""
    if environment.get("SUDO_USER"):
        return environment["SUDO_USER"]
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        # In containers with a user id that has no name.
        return str(os.getuid())
