# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The etcd releases that the tests of the modules run on; the client has all that can be had (tests/integration/client)."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.testbed import Cluster

RELEASES = ("3.4.23", "3.5.30")
"""The newest of each minor release that there is, on which every case runs."""
BEFORE_THE_NEW_RULES = "3.5.16"
"""A 3.5 before the rule for adding was relaxed (3.5.30) and promotions were stored (3.5.20): for what depends on the release."""


def each_of(*releases: str) -> list[Any]:
    """Parameters for the fixture `version`."""
    return [pytest.param(release, marks=pytest.mark.etcd(version=release)) for release in releases]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: waits out etcd's health interval of 5 s, or a time-out")


@pytest.fixture(params=each_of(*RELEASES))
def version(request: pytest.FixtureRequest) -> str:
    """The release of the test's cluster."""
    return request.param


@pytest.fixture
def cluster(version: str, etcd_cluster: Cluster) -> Cluster:
    """A cluster of the test's own of each release, in the state that its mark `etcd` asks for."""
    return etcd_cluster


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("ETCDCTL_"):
            monkeypatch.delenv(name)
