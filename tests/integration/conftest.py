# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests on real clusters have in common: etcd comes before the tests, and `--quick` chooses those that prove
each promise once.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.testbed import session

from .differences import newest_here

NICENESS = 10
"""How much the tests stand back behind the etcds that they have started, which on a real host share it with nobody."""
HERE = Path(__file__).parent
NOT_QUICK = ("demo", "docs", "testbed", "testbed_docker")
"""Folders that `make quick` leaves out: what is not the collection itself, or runs whole playbooks."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="each promise of the collection once, on the newest etcd here, without long waits",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return (
        True
        if config.getoption("--quick") and collection_path.parent == HERE and collection_path.name in NOT_QUICK
        else None
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--quick"):
        return
    seen: set[str] = set()
    left_out = [item for item in items if not is_quick(item) or not is_first_of_its_function(item, seen)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def is_quick(item: pytest.Item) -> bool:
    """Whether a test is one of `make quick`."""
    if HERE not in item.path.parents:
        return True
    if item.get_closest_marker("slow") or item.get_closest_marker("measures_time"):
        return False
    parameters = getattr(item, "callspec", None)
    return parameters is None or parameters.params.get("version", newest_here()) in (None, newest_here())


def is_first_of_its_function(item: pytest.Item, seen: set[str]) -> bool:
    """Whether this is the first case of its test: a promise is proven by one, and the others tell how far it goes."""
    function = item.nodeid.partition("[")[0]
    is_first = function not in seen
    seen.add(function)
    return is_first or HERE not in item.path.parents


@pytest.fixture(scope="session", autouse=True)
def _etcd_comes_first() -> None:
    # The supervisor is there before the tests stand back, so what it starts does not.
    session.current()
    os.nice(NICENESS)
