# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests of clusters that are processes, on clusters of containers."""

from __future__ import annotations

import functools

import pytest

from tests.integration.testbed import test_faults, test_states
from tests.integration.testbed.test_faults import *  # noqa: F403
from tests.integration.testbed.test_states import *  # noqa: F403
from tests.testbed import Cluster
from tests.testbed.backend import VersionFixed

# It looks at the disk on this machine; in containers, test_clusters does.
del test_a_wiped_member_has_an_empty_disk  # noqa: F821
# A container keeps the etcd that was mounted into it; the refusal is proved below.
del test_members_of_one_cluster_can_be_of_two_versions  # noqa: F821

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True)
def _in_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (test_faults, test_states):
        monkeypatch.setattr(module, "Cluster", functools.partial(Cluster, backend="docker"))


def test_a_container_keeps_the_etcd_it_was_made_with():
    with Cluster(1, backend="docker") as cluster, pytest.raises(VersionFixed, match="keeps the etcd it was made with"):
        cluster["etcd1"].install("3.5")
