# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps to the tests of one release, and notes how each ended. A pytest plugin: `-p tests.compatibility.outcomes`.

Tests that name another release themselves say nothing of this one, and are not run.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from tests.integration.differences import CHOICE

NOTES = "QUORUM_ETCD_OUTCOMES"
"""The file that gets a line for each test."""
ENDS = {"passed": "passed", "failed": "failed", "error": "failed", "skipped": "left_out"}
"""What pytest calls the end of a test, and what we do."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    elsewhere = [item for item in items if not is_about(item, os.environ[CHOICE])]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in set(elsewhere)]


def is_about(item: pytest.Item, release: str) -> bool:
    """Whether the test is one of that release: it names it, or none."""
    named = [mark.kwargs["version"] for mark in item.iter_markers("etcd") if "version" in mark.kwargs]
    parameters = getattr(item, "callspec", None)
    named += (
        [parameters.params[name] for name in ("version", "release") if name in parameters.params] if parameters else []
    )
    return all(version is None or release == version or release.startswith(f"{version}.") for version in named)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    lines = [
        json.dumps({"test": report.nodeid, "outcome": outcome})
        for end, outcome in ENDS.items()
        for report in terminalreporter.stats.get(end, [])
    ]
    with Path(os.environ[NOTES]).open("a") as notes:
        notes.writelines(f"{line}\n" for line in lines)
