# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests on real clusters and processes measure real time, and a machine that stands still for a second or two fails one of thousands.

Such a test is run once more (pytest-rerunfailures), and the run tells which ones and why. More than a few of them are no
coincidence: then the run fails. As a pytest plugin: `-p tests.second_attempts --reruns 1`.
"""

from __future__ import annotations

import pytest
from _pytest.terminal import TerminalReporter

MOST = 5
"""Tests of one run that may pass at the second attempt only."""
TOO_MANY = f"more than {MOST} failed at the first attempt, which fails the run"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.exitstatus == pytest.ExitCode.OK and reporter is not None and len(_first_attempts(reporter)) > MOST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    failed = _first_attempts(terminalreporter)
    if not failed:
        return
    terminalreporter.section("failed at the first attempt")
    for report in failed:
        terminalreporter.write_line(f"{report.nodeid}: {_why(report)}")
    if len(failed) > MOST:
        terminalreporter.write_line(TOO_MANY)


def _first_attempts(reporter: TerminalReporter) -> list[pytest.TestReport]:
    return reporter.stats.get("rerun", [])


def _why(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longrepr).splitlines()[0]
