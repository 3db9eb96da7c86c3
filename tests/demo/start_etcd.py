# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's stand-in for `systemctl start etcd`: asks the demo to start etcd on a host with this process's ETCD_*
variables.

``python start_etcd.py <socket> <host>``; fails with what etcd said where it does not get ready.
"""

from __future__ import annotations

import os
import sys
from multiprocessing.connection import Client


def main() -> str | None:
    socket, host = sys.argv[1:]
    with Client(socket) as connection:
        connection.send((host, {name: value for name, value in os.environ.items() if name.startswith("ETCD_")}))
        return connection.recv()


if __name__ == "__main__":
    sys.exit(main())
