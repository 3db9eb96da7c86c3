# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.matrix [CORE-PYTHON]...`: the unit tests on each supported pair of ansible-core and Python.

Of the Pythons that a core supports, the oldest and the newest that are installed here. Each pair gets an environment of
its own below `.cache/matrix`, which is kept. A pair named on the command line, such as 2.19-3.12, has to be there.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .lint.sanity import managed_interpreters

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".cache" / "matrix"
REQUIREMENTS = ROOT / "tests" / "requirements.txt"
CORES = {
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.12", "3.13", "3.14"),
}
"""The Pythons of the controller that each ansible-core supports (its setup, `requires-python` and classifiers)."""
NEEDED = ("pytest", "hypothesis", "trustme", "cryptography", "docker", "etcd3", "protobuf", "grpcio")
"""What the unit tests import, by the beginning of its line in the requirements."""
TESTS = ("tests/unit/plugins", "tests/unit/test_role.py", "tests/unit/test_role_options.py")
"""What runs as part of the collection. The other unit tests are of our tools, which run on one pair."""


@dataclass(frozen=True)
class Pair:
    """An ansible-core, and the Python that runs it."""

    core: str
    python: str
    interpreter: Path

    @property
    def name(self) -> str:
        return f"{self.core}-{self.python}"

    @property
    def environment(self) -> Path:
        return ENVIRONMENTS / self.name

    @property
    def requirements(self) -> list[str]:
        lines = [line for line in REQUIREMENTS.read_text().splitlines() if line.startswith(NEEDED)]
        return [f"ansible-core=={self.core}.*", *lines]


def installed() -> dict[str, Path]:
    """Interpreters of this machine by version, such as 3.12."""
    folders = [*managed_interpreters(), *(Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep))]
    found: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob("python3.[0-9]*"):
            version = re.fullmatch(r"python(3\.\d+)", path.name)
            if version and _runs(path):
                found.setdefault(version[1], path)
    return found


def _runs(interpreter: Path) -> bool:
    return subprocess.run([interpreter, "-c", "import venv"], capture_output=True, check=False).returncode == 0


def pairs() -> list[Pair]:
    """The pairs that can be tried here."""
    here = installed()
    chosen = []
    for core, pythons in CORES.items():
        usable = [python for python in pythons if python in here]
        chosen += [Pair(core, python, here[python]) for python in sorted({*usable[:1], *usable[-1:]})]
    return chosen


def prepare(pair: Pair) -> Path:
    """The pair's Python, with what the unit tests need. Raises CalledProcessError where that cannot be had."""
    python, stamp = pair.environment / "bin" / "python", pair.environment / "stamp"
    wanted = hashlib.sha256("\n".join(pair.requirements).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([pair.interpreter, "-m", "venv", "--clear", pair.environment], check=True, capture_output=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *pair.requirements], check=True, capture_output=True, text=True)
        stamp.write_text(wanted)
    return python


def try_out(pair: Pair) -> bool:
    """Runs the unit tests on a pair, and says in a line how they ended, with their last words where they failed."""
    started = time.monotonic()
    try:
        command = [str(prepare(pair)), "-m", "pytest", "-q", "-n", str(os.cpu_count() or 1), *TESTS]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except subprocess.CalledProcessError as error:
        print(f"FAILED {pair.name:10} cannot be installed: {(error.stderr or '').strip()[-2000:]}", flush=True)
        return False
    is_green = ran.returncode == 0
    print(
        f"{'ok' if is_green else 'FAILED':6} {pair.name:10} {time.monotonic() - started:6.1f} s  "
        f"{ran.stdout.strip().rpartition(chr(10))[2] if is_green else ran.stdout[-4000:] + ran.stderr[-2000:]}",
        flush=True,
    )
    return is_green


def main(wanted: list[str]) -> int:
    here = pairs()
    absent = sorted(set(wanted) - {pair.name for pair in here})
    if absent:
        print(f"not here: {', '.join(absent)}; there are: {', '.join(pair.name for pair in here)}", file=sys.stderr)
        return 2
    are_green = [try_out(pair) for pair in here if not wanted or pair.name in wanted]
    return 0 if all(are_green) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
