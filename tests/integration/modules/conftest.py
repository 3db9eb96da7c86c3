# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters for the tests of the modules: of the newest release, and of one for each answer where releases differ."""

from __future__ import annotations

import os

import pytest

from tests.integration.differences import parametrize_version
from tests.testbed import Cluster


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize_version(metafunc)


@pytest.fixture
def cluster(version: str, etcd_cluster: Cluster) -> Cluster:
    """A cluster of the test's own, of the release `version`, in the state that its mark `etcd` asks for."""
    return etcd_cluster


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("ETCDCTL_"):
            monkeypatch.delenv(name)
