# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scenario was verified on all hosts that are to be members: the platforms of its molecule.yml in the group etcd."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from tests.verification.node import Node


def test_it_ran_on_every_platform_of_the_cluster(nodes: list[Node]) -> None:
    platforms = yaml.safe_load(Path(os.environ["MOLECULE_FILE"]).read_text())["platforms"]
    members = [platform["name"] for platform in platforms if "etcd" in platform.get("groups", ())]
    assert members
    assert sorted(node.host.backend.get_hostname() for node in nodes) == sorted(members)
