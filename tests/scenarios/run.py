# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One scenario as a process of Molecule's, and the hosts it runs on."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from ..testbed import waiting
from ..testbed.docker import lab
from .catalogue import ON_REQUEST, ROOT, Chain, Scenario
from .outcome import Outcome

LOGS = ROOT / "tests" / "output" / "molecule"
PROGRAMS = Path(__file__).parent / "bin"
STARTUP = Path(__file__).parent / "startup"
MOST_SECONDS = 1800
"""Three times what the longest takes beside two others. One that hangs is ended before a whole run is cut off."""
MOST_SECONDS_ON_REQUEST = 4 * MOST_SECONDS
MOST_SECONDS_TO_END = 10
AS_USERS_DO = "default"
"""Run by Molecule from the leading to the final destroy, so that this way is taken in every run, too."""
GIVES_WAY = 10
"""How much Molecule and Ansible give way (nice) to etcd, which the engine starts, and to the writers: those are what is
measured.
"""


class Runner:
    """Runs scenarios, and ends all that it has started when it is told to."""

    def __init__(self, ansible_playbook: str | None = None) -> None:
        self._ansible_playbook = ansible_playbook or shutil.which("ansible-playbook") or "ansible-playbook"
        self._running: set[Path] = set()
        self._lock = threading.RLock()
        self._stopped = False

    def run_chain(self, chain: Chain, tell: Callable[[Outcome], None]) -> None:
        """Runs these one after the other on the same hosts; a link after one that failed gets new ones."""
        folder = folder_of(chain[0])
        adopted = ""
        try:
            for scenario in chain:
                if self._stopped:
                    return
                outcome = self.run(scenario, folder, adopted)
                tell(outcome)
                adopted = scenario.name if outcome.passed else ""
        finally:
            lab.remove(folder)

    def run(self, scenario: Scenario, folder: Path, adopted: str = "") -> Outcome:
        """Runs one scenario, its output in a file."""
        started = time.monotonic()
        prepare(folder, adopts=bool(adopted))
        log = LOGS / f"{scenario.name}.log"
        if log.exists():
            log.replace(LOGS / f"{scenario.name}.before.log")
        with log.open("w") as output:
            passed = self._molecule(scenario, folder, output) == 0
        return Outcome(scenario, passed, time.monotonic() - started, log, adopted)

    def stop(self) -> None:
        """Ends every scenario that runs; nothing new is begun."""
        with self._lock:
            self._stopped = True
            for folder in self._running:
                _end(folder)

    def _molecule(self, scenario: Scenario, folder: Path, output: TextIO) -> int:
        hosts = [] if scenario.name == AS_USERS_DO else ["--destroy", "never"]
        most_seconds = MOST_SECONDS_ON_REQUEST if scenario.name in ON_REQUEST else MOST_SECONDS
        command = [
            "nice",
            "-n",
            str(GIVES_WAY),
            "molecule",
            "test",
            "--no-command-borders",
            *hosts,
            "--scenario-name",
            scenario.name,
        ]
        with self._lock:
            if self._stopped:
                return 1
            # In a session of its own: Ctrl-C is for us, who end it and remove its hosts.
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            self._running.add(folder)
        try:
            return process.wait(most_seconds)
        except subprocess.TimeoutExpired:
            output.write(f"not done after {most_seconds} s\n")
            _end(folder)
            return process.wait()
        finally:
            with self._lock:
                self._running.discard(folder)

    def _environment(self, folder: Path) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(STARTUP), os.environ.get("PYTHONPATH")))),
            "QUORUM_ETCD_ANSIBLE_PLAYBOOK": self._ansible_playbook,
            "MOLECULE_EPHEMERAL_DIRECTORY": str(folder),
            "MOLECULE_PROJECT_DIRECTORY": str(ROOT),
            "NO_COLOR": "1",
        }


def folder_of(scenario: Scenario) -> Path:
    """Where Molecule keeps what it knows of the hosts of a chain that begins with this scenario."""
    home = os.environ.get("ANSIBLE_HOME") or ROOT / ".ansible"
    return Path(home).absolute() / "tmp" / "scenarios" / scenario.name


def prepare(folder: Path, *, adopts: bool) -> None:
    """Leaves nothing of an earlier run, even one that crashed; or tells Molecule that the hosts are there, and that
    nothing was done on them yet.
    """
    if adopts:
        (folder / "state.yml").write_text("created: true\n")
        return
    lab.remove(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _end(folder: Path) -> None:
    """Ends all that runs for the scenarios of this folder.

    Each worker of Ansible has a session of its own, so they are found by their environment.
    """
    waiting.until(
        "Ansible to end",
        lambda: "some of it runs" if _kill_all(f"MOLECULE_EPHEMERAL_DIRECTORY={folder}\0".encode()) else None,
        MOST_SECONDS_TO_END,
    )


def _kill_all(mark: bytes) -> int:
    """Kills all processes with this in their environment, and says how many there were."""
    killed = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
                killed += 1
    return killed
