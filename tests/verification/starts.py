# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often etcd was started on a host with systemd. Imported by the tests of scenarios that restart members."""

from __future__ import annotations

from .node import Node


def starts(node: Node) -> int:
    """Since the scenario began, on hosts of its own or on those of an earlier one (molecule/shared/note_starts.yml)."""
    counted = node.host.check_output("journalctl --no-pager --unit etcd | grep --count 'Started etcd.service'")
    return int(counted) - int(_before(node)[0])


def ran_before(node: Node) -> bool:
    """Whether etcd ran when the scenario began, so that no first start is needed."""
    return _before(node)[1] == "active"


def _before(node: Node) -> list[str]:
    return node.host.file("/root/starts-before").content_string.split()


def test_members_were_restarted_for_their_trust_only_and_never_twice(node: Node) -> None:
    """Once to trust both CAs, once to trust the new one alone; and a first start, on hosts where nothing ran yet."""
    assert starts(node) == (2 if ran_before(node) else 3)
