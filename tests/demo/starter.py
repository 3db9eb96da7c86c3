# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a playbook starts etcd on a host that is only a folder and some ports of this machine.

Where a host of yours starts a service, such a host runs :attr:`Starter.command`, which hands its ``ETCD_*`` variables
to this process; we start etcd with them, and end it when we end.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from types import TracebackType

START_ETCD = Path(__file__).with_name("start_etcd.py")


class Starter:
    """Calls ``start(host, variables)`` for every host that asks for it, while the ``with`` block lasts.

    What it raises is what the task of that host fails with.
    """

    def __init__(self, start: Callable[[str, Mapping[str, str]], None], directory: Path) -> None:
        self._start = start
        self._socket = str(directory / "start-etcd")

    def command(self, host: str) -> str:
        """What the host has to run."""
        return f"{sys.executable} {START_ETCD} {self._socket} {host}"

    def __enter__(self) -> Starter:
        self._listener = Listener(self._socket)
        threading.Thread(target=self._serve, name="start-etcd", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except OSError:  # closed: the block has ended
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: Connection) -> None:
        try:
            self._start(*connection.recv())
        except Exception as problem:  # noqa: BLE001  # whatever it is, the task that asked has to fail with it
            connection.send(f"{type(problem).__name__}: {problem}")
        else:
            connection.send(None)
