# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.demo.record FILE.svg`: runs the demo in a terminal of 80 columns and keeps a part of it as the
README's picture.
"""

from __future__ import annotations

import io
import os
import pty
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 80
FIRST, LAST = "dies", "The leader,"
"""The headings at which the kept part begins, and before which it ends."""
ERASED = "\r\x1b[K"
"""What the screen writes before it replaces a living line."""


def main() -> int:
    (file,) = sys.argv[1:]
    told = io.BytesIO()
    os.environ.update(COLUMNS=str(COLUMNS), TERM="xterm-256color")
    status = pty.spawn([sys.executable, "-m", "tests.demo"], lambda terminal: _passed_on(terminal, told))
    if os.waitstatus_to_exitcode(status):
        return 1
    lines = [line.rsplit(ERASED, 1)[-1].rstrip("\r") for line in told.getvalue().decode().split("\n")]
    Path(file).write_text(_picture(_part(lines)))
    return 0


def _passed_on(terminal: int, told: io.BytesIO) -> bytes:
    data = os.read(terminal, 1 << 14)
    told.write(data)
    return data


def _part(lines: list[str]) -> list[str]:
    headings = [number for number, line in enumerate(lines) if "──" in line]
    begin = next(number for number in headings if FIRST in lines[number])
    end = next(number for number in headings if LAST in lines[number])
    return lines[begin:end]


def _picture(lines: list[str]) -> str:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for line in lines:
        console.print(Text.from_ansi(line), soft_wrap=True)
    return console.export_svg(title="make demo")


if __name__ == "__main__":
    sys.exit(main())
