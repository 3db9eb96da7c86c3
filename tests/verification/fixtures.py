# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import testinfra
from testinfra.host import Host

from tests.testbed import writing
from tests.verification.node import Node


@pytest.fixture
def node(host: Host) -> Node:
    """The host under test."""
    return Node(host)


@pytest.fixture(scope="session")
def inventory_nodes(request: pytest.FixtureRequest) -> Callable[..., list[Node]]:
    """The hosts that testinfra's specs mean, such as `ansible://former`, in the inventory of this run."""

    def find(*specs: str) -> list[Node]:
        inventory = request.config.getoption("--ansible-inventory")
        return [Node(host) for host in testinfra.get_hosts(list(specs), ansible_inventory=inventory)]

    return find


@pytest.fixture(scope="session")
def nodes(request: pytest.FixtureRequest, inventory_nodes: Callable[..., list[Node]]) -> list[Node]:
    """All hosts that should be the members: those of --hosts."""
    return inventory_nodes(*request.config.getoption("--hosts").split(","))


@pytest.fixture(scope="session")
def writer() -> dict[str, Any]:
    """What the scenario's writer saw from before the change until now."""
    return writing.stop(Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab")
