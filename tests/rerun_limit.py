# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test that measures time may fail because the machine stood still for a moment; it gets a second attempt, and no
other test does.

Such tests say so by the mark `measures_time`. Each second attempt is told at the end of the run, with what went wrong
at the first. A pytest plugin: `-p tests.rerun_limit`, which `make unit`, `make integration` and so `make test` use.
"""

from __future__ import annotations

import pytest
from _pytest.terminal import TerminalReporter

MARK = "measures_time"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker(MARK):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=1))


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    first_attempts: list[pytest.TestReport] = terminalreporter.stats.get("rerun", [])
    if not first_attempts:
        return
    terminalreporter.section("tests that measure time, and passed or failed at the second attempt")
    for report in first_attempts:
        terminalreporter.write_line(f"{report.nodeid}: {_why(report)}")


def _why(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longrepr).splitlines()[0]
