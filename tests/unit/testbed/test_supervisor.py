# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that holds the etcds of a run, on its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket

from tests.testbed.supervisor import Supervisor


def test_a_number_that_came_round_again_is_a_new_process(tmp_path):
    ours, supervisors = socket.socketpair()
    supervisor = Supervisor(supervisors, str(tmp_path / "root"))
    supervisor._exit_codes.update(dict.fromkeys(range(1 << 16), -9))
    pid = supervisor._spawn([shutil.which("sleep"), "60"], {}, str(tmp_path / "log"))
    try:
        assert supervisor._exit_code(pid) is None
        supervisor._end([pid])
        assert supervisor._exit_code(pid) == -signal.SIGKILL
        assert not os.path.exists(f"/proc/{pid}")
    finally:
        supervisor.clean_up()
        ours.close()
        supervisors.close()
