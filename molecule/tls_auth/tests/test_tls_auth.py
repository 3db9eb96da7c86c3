# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster with certificates and users has grown to three; without them nothing is to be had."""

from __future__ import annotations

from tests.verification.node import Node
from tests.verification.platforms import test_it_ran_on_every_platform_of_the_cluster

__all__ = ["test_it_ran_on_every_platform_of_the_cluster"]


def test_all_traffic_is_encrypted(node: Node) -> None:
    for member in node.members():
        assert all(url.startswith("https://") for url in member["peerURLs"] + member["clientURLs"])


def test_nobody_gets_in_without_a_certificate(node: Node) -> None:
    answer = node.host.run(
        f"etcdctl --endpoints={node.client_url} --insecure-skip-tls-verify --command-timeout=2s get x"
    )
    assert answer.failed
