# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells at the end of a run which tests were left out because this machine lacks something, and how to get it.

On CI nothing may be left out: a missing piece fails its tests there. A pytest plugin: `-p tests.left_out`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import pytest
from _pytest.terminal import TerminalReporter

WIDTH = 100


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    skipped: list[pytest.TestReport] = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section("left out on this machine")
    for line in lines_on((_reason(report), report.nodeid) for report in skipped):
        terminalreporter.write_line(line)


def lines_on(left_out: Iterable[tuple[str, str]]) -> list[str]:
    """For each reason one line, and below it the names of the tests, those of a function with several cases once."""
    names: dict[str, dict[str, None]] = {}
    for reason, nodeid in left_out:
        names.setdefault(reason, {})[nodeid.partition("[")[0].partition("::")[2] or nodeid] = None
    lines = []
    for reason, tests in names.items():
        lines.append(reason)
        lines += textwrap.wrap(
            ", ".join(tests), WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False
        )
    return lines


def _reason(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    return str(longrepr[2] if isinstance(longrepr, tuple) else longrepr).removeprefix("Skipped: ")
