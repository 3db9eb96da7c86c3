# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This process's own supervisor: started at the first need, asked from any thread, gone with the process."""

from __future__ import annotations

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import supervisor


class SupervisorGone(Exception):
    """The supervisor ended before the run did: somebody killed it, and with it every etcd of the run."""


def root() -> Path:
    """The folder of this user's runs, which exists as long as one of them does."""
    return Path(tempfile.gettempdir()) / f"quorum-etcd-testbed-{os.getuid()}"


class Session:
    """The run's connection to its supervisor."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._connection = ours
        self._lines = ours.makefile("rb")
        self._turn = threading.Lock()
        with theirs:
            # A session of its own: Ctrl-C in the terminal reaches the run, never the supervisor or etcd.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", supervisor.__file__, str(theirs.fileno()), str(root())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        greeting = self._receive()
        if "problem" in greeting:
            raise PermissionError(greeting["problem"])
        self.directory = Path(greeting["directory"])
        self._count = 0

    @property
    def supervisor_pid(self) -> int:
        return self._process.pid

    def new_directory(self) -> Path:
        """A fresh folder for one cluster, removed with the run if not before."""
        with self._turn:
            self._count += 1
            number = self._count
        folder = self.directory / f"cluster-{number}"
        folder.mkdir()
        return folder

    def spawn(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        """Starts a program whose output is appended to ``log``; returns its process id."""
        return self._ask(do="spawn", command=list(command), environment=dict(environment), log=str(log))

    def signal(self, pid: int, number: int) -> None:
        """Sends a signal to a program that this session started; nothing happens where it has ended."""
        self._ask(do="signal", pid=pid, number=int(number))

    def exit_code(self, pid: int) -> int | None:
        """How the program ended (minus the signal's number for a signal), ``None`` while it runs."""
        return self._ask(do="exit_code", pid=pid)

    def end(self, pids: Sequence[int]) -> None:
        """Kills the programs all at once and returns when they are gone."""
        self._ask(do="end", pids=list(pids))

    def at_end(self, name: str, command: Sequence[str] | None) -> None:
        """What the supervisor shall run when this process is gone, whatever ended it; ``None`` takes it back.

        For what is no child process, such as containers: ``("docker", "rm", "--force", ...)``.
        """
        self._ask(do="at_end", name=name, command=None if command is None else list(command))

    def close(self) -> None:
        """Ends the supervisor and returns when it has removed everything."""
        self._connection.shutdown(socket.SHUT_WR)
        self._process.wait(timeout=30)
        self._lines.close()
        self._connection.close()

    def _ask(self, **request: Any) -> Any:
        with self._turn:
            try:
                self._connection.sendall(json.dumps(request).encode() + b"\n")
                reply = self._receive()
            except OSError as problem:
                raise SupervisorGone(
                    f"the test bed's supervisor, process {self._process.pid}, is gone: {problem}"
                ) from problem
        if "problem" in reply:
            raise OSError(reply["problem"])
        return reply["answer"]

    def _receive(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise SupervisorGone(f"the test bed's supervisor, process {self._process.pid}, is gone")
        return json.loads(line)


@functools.cache
def _session_of(pid: int) -> Session:
    session = Session()
    atexit.register(_close, session, pid)
    return session


def _close(session: Session, pid: int) -> None:
    # A forked child inherits the registration; the supervisor is not its own.
    if os.getpid() == pid:
        session.close()


def current() -> Session:
    """The session of this process; a forked child gets one of its own."""
    return _session_of(os.getpid())
