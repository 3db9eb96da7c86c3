# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All peer URLs are https, and the members reach each other there."""

from __future__ import annotations

from typing import Any

from tests.verification.node import Node
from tests.verification.platforms import test_it_ran_on_every_platform_of_the_cluster

__all__ = ["test_it_ran_on_every_platform_of_the_cluster"]


def test_every_peer_url_is_https(node: Node) -> None:
    assert [member["peerURLs"] for member in node.members() if not member["peerURLs"][0].startswith("https://")] == []


def test_no_acknowledged_write_was_lost(writer: dict[str, Any]) -> None:
    assert writer["acknowledged"] > 0
    assert (writer["lost"], writer["violations"]) == (0, [])
