# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from _pytest.terminal import TerminalReporter

from tests.verification.fixtures import inventory_nodes, node, nodes, writer

__all__ = ["inventory_nodes", "node", "nodes", "writer"]

MEASURES_TIME = "measures_time"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Says how much of what failed is a matter of time: `make molecule` runs a scenario once more if that is all."""
    failed = [*terminalreporter.stats.get("failed", []), *terminalreporter.stats.get("error", [])]
    if failed:
        # A fixture that fails has measured nothing.
        of_time = [report for report in failed if report.when == "call" and MEASURES_TIME in report.keywords]
        terminalreporter.write_line(f"[{MEASURES_TIME}] {len(of_time)} of {len(failed)} failed")
