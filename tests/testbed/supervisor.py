# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that starts every etcd of one test run, and cleans up after the run however that ends.

It runs beside pytest (or the terminal command) and is asked over a socket pair, one JSON object a line. It starts etcd
from its only thread, since the kernel's PR_SET_PDEATHSIG speaks of the creating *thread*; so the etcds die with it even
if it is killed itself. When the run that started it is gone, be it by SIGKILL, it kills the etcds, carries out what it
was told to do at the end and removes the run's folder. A folder that outlived its supervisor is removed by the next
one.

Run as ``python -I -S supervisor.py <socket> <root>``; it needs nothing but the standard library, and starts in 20 ms.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1
SECONDS_BETWEEN_LOOKS = 0.25
LOCK = "supervisor.lock"


class Supervisor:
    """Holds the children of one run and the folder in which they write."""

    def __init__(self, connection: socket.socket, root: str) -> None:
        self._connection = connection
        self._parent = os.getppid()
        self._running: set[int] = set()
        self._exit_codes: dict[int, int] = {}
        self._at_end: dict[str, list[str]] = {}
        self._libc = ctypes.CDLL(None)
        self._root = root
        self._directory = _new_directory(root)
        self._lock = self._take_lock()
        self._actions: dict[str, Callable[..., object]] = {
            "spawn": self._spawn,
            "signal": self._signal,
            "exit_code": self._exit_code,
            "end": self._end,
            "at_end": self._do_at_end,
        }

    def serve(self) -> None:
        """Answers until the run is gone; never raises for a request that fails."""
        self._send({"directory": self._directory})
        remove_abandoned(self._root, except_for=self._directory)
        pending = b""
        while os.getppid() == self._parent:
            readable, _, _ = select.select([self._connection], [], [], SECONDS_BETWEEN_LOOKS)
            if not readable:
                continue
            received = self._connection.recv(1 << 16)
            if not received:
                return
            *requests, pending = (pending + received).split(b"\n")
            for request in requests:
                self._send(self._answer(json.loads(request)))

    def clean_up(self) -> None:
        """Leaves nothing of the run behind."""
        self._end(list(self._running))
        for command in self._at_end.values():
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=60,
                check=False,
            )
        shutil.rmtree(self._directory, ignore_errors=True)
        with contextlib.suppress(OSError):
            # The last one out; others still have folders in it.
            os.rmdir(self._root)

    def _answer(self, request: dict) -> dict:
        action = self._actions[request.pop("do")]
        try:
            return {"answer": action(**request)}
        except OSError as problem:
            return {"problem": str(problem)}

    def _send(self, message: dict) -> None:
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def _take_lock(self) -> int:
        # Locked before it gets its name: whoever finds a lock file that is free knows that its supervisor is gone.
        unnamed = os.path.join(self._directory, LOCK + ".new")
        lock = os.open(unnamed, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.rename(unnamed, os.path.join(self._directory, LOCK))
        return lock

    def _spawn(self, command: list[str], environment: dict[str, str], log: str) -> int:
        supervisor = os.getpid()
        output = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        pid = os.fork()
        if pid == 0:
            try:
                self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                if os.getppid() == supervisor:
                    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                    os.dup2(output, 1)
                    os.dup2(output, 2)
                    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                        signal.signal(number, signal.SIG_DFL)
                    os.execve(command[0], command, environment)
            finally:
                os._exit(127)
        os.close(output)
        # Numbers come round again on a busy machine; what an earlier process of this number left is not this one's end.
        self._exit_codes.pop(pid, None)
        self._running.add(pid)
        return pid

    def _signal(self, pid: int, number: int) -> None:
        # Its own children only, and only as long as they are not waited for: no other process can have the number.
        if self._exit_code(pid) is None and pid in self._running:
            os.kill(pid, number)

    def _exit_code(self, pid: int) -> int | None:
        if pid in self._running:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._note_end(pid, status)
        return self._exit_codes.get(pid)

    def _note_end(self, pid: int, status: int) -> None:
        self._running.discard(pid)
        self._exit_codes[pid] = os.waitstatus_to_exitcode(status)

    def _end(self, pids: list[int]) -> None:
        for pid in pids:
            self._signal(pid, signal.SIGKILL)
        for pid in pids:
            if pid in self._running:
                self._note_end(pid, os.waitpid(pid, 0)[1])

    def _do_at_end(self, name: str, command: list[str] | None) -> None:
        if command is None:
            self._at_end.pop(name, None)
        else:
            self._at_end[name] = command


def _new_directory(root: str) -> str:
    """A folder of the run's own; only its user can look into it, since data and keys of certificates lie there."""
    while True:
        with contextlib.suppress(FileExistsError):
            os.mkdir(root, 0o700)
        try:
            if os.stat(root).st_uid != os.getuid():
                raise PermissionError(f"{root} belongs to somebody else; remove it, or set TMPDIR")
            return tempfile.mkdtemp(prefix="run-", dir=root)
        except FileNotFoundError:
            # Another run was just the last one out.
            continue


def remove_abandoned(root: str, except_for: str = "") -> list[str]:
    """Removes the folders of runs whose supervisor is gone too, and returns them."""
    removed = []
    for entry in os.scandir(root):
        lock = os.path.join(entry.path, LOCK)
        if entry.path == except_for or not entry.name.startswith("run-") or not os.path.exists(lock):
            continue
        try:
            with open(lock, "rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(entry.path, ignore_errors=True)
                removed.append(entry.path)
        except OSError:
            continue
    return removed


def main() -> None:
    number, root = sys.argv[1:]
    # Ctrl-C and a closed terminal are the run's affair; it tells the supervisor by ending.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    connection = socket.socket(fileno=int(number))
    try:
        supervisor = Supervisor(connection, root)
    except OSError as problem:
        connection.sendall(json.dumps({"problem": str(problem)}).encode() + b"\n")
        return
    try:
        supervisor.serve()
    except ConnectionError:
        pass
    finally:
        supervisor.clean_up()


if __name__ == "__main__":
    main()
