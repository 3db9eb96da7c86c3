# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a playbook, and kills it as soon as a task begins whose name matches; nothing of it gets a chance to clean
up.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

SECONDS = 300


def main(playbook: str, task: str, *arguments: str) -> int:
    command = [str(Path(sys.executable).with_name("ansible-playbook")), playbook, *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="")
            if re.search(rf"^TASK \[quorum\.etcd\.etcd_cluster : {task}", line):
                os.killpg(process.pid, signal.SIGKILL)
                print("killed")
                return 0
        # No such task: the run has ended by itself, and has to have ended well.
        return process.wait(SECONDS)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
