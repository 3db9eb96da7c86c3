# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a playbook, and others beside it as soon as one of its tasks begins. The others have to end as `expected`:
refused by name of the first and with nothing changed, or with a warning of it. The first has to end well.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

SECONDS = 300
ANSIBLE = str(Path(sys.executable).with_name("ansible-playbook"))


def main(first: str, task: str, expected: str, *arguments: str) -> int:
    with started(first, arguments) as process:
        said, problems = [], ["the task never began"]
        for line in process.stdout or ():
            said.append(line)
            if problems == ["the task never began"] and re.search(rf"^TASK \[.* : {task}", line):
                # On a slow machine it could have ended before the others ask.
                process.send_signal(signal.SIGSTOP)
                problems = run_beside(json.loads(expected), first, process, arguments)
                process.send_signal(signal.SIGCONT)
        if process.wait(SECONDS):
            problems.append("the first run failed:\n" + "".join(said))
    print("\n".join(problems))
    return 1 if problems else 0


def started(playbook: str, arguments: tuple[str, ...]) -> subprocess.Popen:
    command = [ANSIBLE, playbook, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run_beside(
    expected: dict[str, str], first: str, process: subprocess.Popen, arguments: tuple[str, ...]
) -> list[str]:
    others = {playbook: started(playbook, arguments) for playbook in expected}
    problems = []
    for playbook, other in others.items():
        output, _none = other.communicate(timeout=SECONDS)
        words = " ".join(output.split())
        code, sign = {
            "refused": (2, "Refused (run_in_progress): another run is changing this cluster"),
            "warned": (0, "Another run is changing this cluster"),
        }[expected[playbook]]
        named = f"{first} (play" in words and f"as process {process.pid}" in words
        if other.returncode != code or sign not in words or not named or "changed=1" in words:
            problems.append(f"{playbook} was not {expected[playbook]}:\n{output}")
    return problems


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
