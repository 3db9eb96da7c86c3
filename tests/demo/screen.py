# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo prints on: 80 columns, colours where a terminal shows them, and a line that lives while something is
waited for.
"""

from __future__ import annotations

import contextlib
import os
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from typing import TextIO

WIDTH = 79
INDENT = "  "
BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"
SECONDS_BETWEEN_TICKS = 1.0


class Screen:
    """Prints on a stream. Colours (https://no-color.org) and the living line are for terminals alone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._has_colour = self._is_terminal and not os.environ.get("NO_COLOR")
        self.has_unicode = (stream.encoding or "").lower().replace("-", "") == "utf8"

    def paint(self, text: str, *styles: str) -> str:
        return f"\x1b[{';'.join(styles)}m{text}\x1b[0m" if self._has_colour and styles and text else text

    def line(self, text: str = "") -> None:
        self._write(text.rstrip() + "\n")

    def heading(self, text: str) -> None:
        rule = "─" if self.has_unicode else "-"
        self.line()
        self.line(f"{self.paint(text, BOLD, CYAN)} {self.paint(rule * (WIDTH - len(text) - 1), DIM)}")

    def say(self, text: str, *styles: str, first: str = INDENT, rest: str = INDENT) -> None:
        """A paragraph, wrapped."""
        for number, line in enumerate(
            textwrap.wrap(text, WIDTH - len(rest), break_long_words=False, break_on_hyphens=False)
        ):
            self.line((rest if number else first) + self.paint(line, *styles))

    @contextlib.contextmanager
    def waiting(self, what: str) -> Iterator[Callable[..., None]]:
        """A line that says what is waited for, and with the seconds on a terminal; its end is what the yielded function
        is given.
        """
        ended = threading.Event()
        started = time.monotonic()
        outcome: tuple[str, tuple[str, ...]] = ("stopped", (RED,))

        def end_with(text: str, *styles: str) -> None:
            nonlocal outcome
            outcome = (text, styles)

        self._write(self._open_line(what))
        ticker = threading.Thread(target=self._tick, args=(what, started, ended), daemon=True)
        if self._is_terminal:
            ticker.start()
        try:
            yield end_with
        finally:
            ended.set()
            if self._is_terminal:
                ticker.join()
                self._write("\r\x1b[K" + self._open_line(what))
            text, styles = outcome
            seconds = f"{time.monotonic() - started:6.1f} s"
            self._write(self.paint("." * (WIDTH - len(self._open_line(what)) - len(text) - len(seconds) - 1), DIM))
            self.line(f" {self.paint(text, *styles)}{self.paint(seconds, DIM)}")

    def _open_line(self, what: str) -> str:
        return f"{INDENT}{what} "

    def _tick(self, what: str, started: float, ended: threading.Event) -> None:
        while not ended.wait(SECONDS_BETWEEN_TICKS):
            seconds = f"{time.monotonic() - started:.0f} s"
            self._write("\r" + self._open_line(what) + self.paint(seconds, YELLOW))

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
