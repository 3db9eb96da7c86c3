# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports are handed out once, however many processes ask."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from tests.testbed.ports import BLOCK, EPHEMERAL, LOWEST, Ports

ROOT = Path(__file__).resolve().parents[3]
ASK = "from tests.testbed.ports import PORTS; print(*[PORTS.take() for _ in range(30)]); input()"


def test_processes_that_ask_at_once_get_different_ports():
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", ASK], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    ports = []
    for reader in readers:
        assert reader.stdout is not None
        ports += reader.stdout.readline().split()
    for reader in readers:
        reader.communicate("\n", timeout=10)
    assert len(ports) == 4 * 30 == len(set(ports))


def test_ports_lie_below_those_the_kernel_takes_by_itself():
    first_ephemeral = int(EPHEMERAL.read_text().split()[0])
    ports = Ports()
    taken = [ports.take() for _ in range(BLOCK + 1)]
    assert len(set(taken)) == BLOCK + 1
    assert all(LOWEST <= port < first_ephemeral for port in taken)


def test_a_port_on_which_something_listens_is_passed_over():
    ports = Ports()
    first = ports.take()
    ports.give_back([first])
    following = [ports.take() for _ in range(BLOCK - 1)]
    ports.give_back(following)
    with socket.create_server(("127.0.0.1", first)):
        assert first not in [ports.take() for _ in range(BLOCK - 1)]


def test_a_port_given_back_is_the_last_to_be_given_out_again():
    ports = Ports()
    first = ports.take()
    ports.give_back([first])
    assert ports.take() != first
