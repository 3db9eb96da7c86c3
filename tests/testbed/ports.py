# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP ports that no other run, worker or cluster of this machine gets at the same time.

A process claims blocks of ports by binding names of abstract sockets: the kernel gives a name to one process only,
frees it however the process ends, and keeps names as it keeps ports, one set for each network namespace. All ports lie
below the range from which the kernel takes those of outgoing connections.
"""

from __future__ import annotations

import random
import socket
import threading
from collections import deque
from pathlib import Path

BLOCK = 24
LOWEST = 20000
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


class NoPortLeft(Exception):
    """Every block of ports is taken by other runs."""


class Ports:
    """The ports of this process; those given back longest ago are given out first."""

    def __init__(self) -> None:
        self._free: deque[int] = deque()
        self._claims: list[socket.socket] = []
        self._turn = threading.Lock()

    def take(self) -> int:
        """A port on which nothing of 127.0.0.1 listens."""
        with self._turn:
            while True:
                for _ in range(len(self._free)):
                    port = self._free.popleft()
                    if _is_free(port):
                        return port
                    self._free.append(port)
                self._claim_another_block()

    def give_back(self, ports: list[int]) -> None:
        with self._turn:
            self._free.extend(ports)

    def _claim_another_block(self) -> None:
        starts = list(range(LOWEST, _highest() - BLOCK + 1, BLOCK))
        random.shuffle(starts)
        for start in starts:
            claim = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(f"\0quorum-etcd-testbed-ports-{start}")
            except OSError:
                claim.close()
                continue
            self._claims.append(claim)
            self._free.extend(range(start, start + BLOCK))
            return
        raise NoPortLeft(f"all ports from {LOWEST} to {_highest()} are taken by other runs of the test bed")


def _highest() -> int:
    first_ephemeral = int(EPHEMERAL.read_text().split()[0])
    return first_ephemeral if first_ephemeral > LOWEST + BLOCK else 32768


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As Go does, so that connections in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


PORTS = Ports()
