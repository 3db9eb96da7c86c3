# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.bare_machine.loopback COMMAND...`: runs a command in a new network namespace, once its loopback
device is up.

A new namespace has that device and no other, and it is down; `ip` is no part of a bare machine, nor always of its host.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
REQUEST = "16sH14x"


def bring_up(device: str = "lo") -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name, flags = struct.unpack(
            REQUEST, fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack(REQUEST, device.encode(), 0))
        )
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack(REQUEST, name, flags | IFF_UP))


if __name__ == "__main__":
    bring_up()
    os.execvp(sys.argv[1], sys.argv[1:])
