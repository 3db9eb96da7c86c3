# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One member has grown to three, on hosts without a single Python package."""

from __future__ import annotations

from tests.verification.node import Node


def test_it_ran_on_three_hosts(nodes: list[Node]) -> None:
    assert len(nodes) == 3


def test_the_host_has_no_package_manager_for_python(node: Node) -> None:
    assert node.host.run("python3 -m pip --version").failed
