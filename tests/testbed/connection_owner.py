# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process holds the far end of a TCP connection on this machine.

The kernel is asked for that one connection (netlink, sock_diag); its table in /proc/net/tcp has thousands of lines on a
busy machine, and is read only where the kernel cannot be asked.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .backend import Address

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST = 1
ANY_STATE = 0xFFFFFFFF
NO_COOKIE = b"\xff" * 8
HEADER = struct.Struct("=IHHII")
"""nlmsghdr: length, type, flags, sequence, port."""
REQUEST = struct.Struct("=BBBBI")
"""inet_diag_req_v2 up to the id: family, protocol, extensions, padding, states."""
INODE_OFFSET = HEADER.size + 4 + 48 + 16
"""inet_diag_msg: four bytes, the id, then expires, rqueue, wqueue, uid, inode."""


def inode_of(near: Address, far: Address) -> int:
    """The inode of the socket at ``far`` that is connected to ``near``; 0 where there is none any more."""
    try:
        return _inode_from_kernel(near, far)
    except OSError:
        return _inode_from_table(near, far)


def holder(inode: int, pids: Mapping[str, int]) -> str:
    """The name whose process holds that socket; empty where none of them does."""
    return next((name for name, pid in pids.items() if _holds(pid, inode)), "") if inode else ""


def _inode_from_kernel(near: Address, far: Address) -> int:
    sockid = (
        struct.pack(">HH", far.port, near.port)
        + _padded(far.host)
        + _padded(near.host)
        + struct.pack("=I", 0)
        + NO_COOKIE
    )
    body = REQUEST.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0, ANY_STATE) + sockid
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
        kernel.send(HEADER.pack(HEADER.size + len(body), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0) + body)
        answer = kernel.recv(1 << 12)
    if HEADER.unpack_from(answer)[1] != SOCK_DIAG_BY_FAMILY:
        return 0
    return int(struct.unpack_from("=I", answer, INODE_OFFSET)[0])


def _padded(host: str) -> bytes:
    return socket.inet_aton(host).ljust(16, b"\0")


def _inode_from_table(near: Address, far: Address) -> int:
    with suppress(OSError):
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(f":{far.port:04X}") and fields[2].endswith(f":{near.port:04X}"):
                return int(fields[9])
    return 0


def _holds(pid: int, inode: int) -> bool:
    wanted = f"socket:[{inode}]"
    try:
        descriptors = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return False
    for descriptor in descriptors:
        with suppress(OSError):
            if os.readlink(f"/proc/{pid}/fd/{descriptor}") == wanted:
                return True
    return False
