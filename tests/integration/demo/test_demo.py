# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo` keeps its promises: it ends well, fits on the screen, and leaves nothing behind, also when it is broken
off.
"""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DEMO = [sys.executable, "-m", "tests.demo"]
COLUMNS = 80


def environment(directory: Path) -> dict[str, str]:
    """The test bed and Ansible write below TMPDIR; a home of its own shows what is written there."""
    return {**os.environ, "TMPDIR": str(directory), "HOME": str(directory / "home"), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def directory() -> Iterator[Path]:
    """Short, since addresses of Unix sockets are: pytest's own leave no room."""
    with tempfile.TemporaryDirectory(prefix="demo-") as path:
        yield Path(path)


def left_behind(directory: Path) -> list[str]:
    return [str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()]


def running_below(directory: Path) -> list[str]:
    """Command lines and environments of processes that speak of this directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(directory).encode() in text and int(process.name) != os.getpid():
            found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.mark.timeout(400)
def test_the_demo_ends_well_in_80_columns_without_colours_and_leaves_nothing(directory):
    done = subprocess.run(
        DEMO, cwd=ROOT, env=environment(directory), capture_output=True, text=True, timeout=380, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^ +0  acknowledged writes lost$", done.stdout, re.MULTILINE)
    assert "would_lose_quorum" in done.stdout
    assert [line for line in done.stdout.splitlines() if len(line) > COLUMNS] == []
    assert "\x1b" not in done.stdout
    assert left_behind(directory) == []
    assert running_below(directory) == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_broken_off_leaves_nothing(directory, number):
    """In the middle of a playbook run, when etcd, the writer and Ansible with its workers all run."""
    with subprocess.Popen(
        DEMO, cwd=ROOT, env=environment(directory), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as demo:
        for line in demo.stdout:
            if "$ ansible-playbook" in line:
                break
        demo.send_signal(number)
        rest = demo.stdout.read()
    assert demo.returncode == 130
    assert "Traceback" not in rest
    assert "everything that was started is gone" in rest
    assert left_behind(directory) == []
    assert running_below(directory) == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("settings", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colours_are_for_terminals_that_want_them(settings, coloured):
    program = "import sys; from tests.demo.screen import BOLD, Screen; Screen(sys.stdout).heading('A heading')"
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", **settings},
        stdout=theirs,
        check=True,
    )
    os.close(theirs)
    with open(ours, "rb") as terminal:
        shown = terminal.read1()
    assert (b"\x1b[1;36m" in shown) == coloured
