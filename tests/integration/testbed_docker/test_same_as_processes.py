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

OF_ANY_BACKEND = (
    "test_a_restart_without_quorum_returns_when_the_member_talks_to_its_peers",
    "test_a_settled_cluster_accepts_what_a_fresh_one_refuses",
    "test_a_single_voter_with_an_unstarted_one_has_no_quorum_and_still_answers",
    "test_a_spare_that_cannot_join_says_what_etcd_said",
    "test_an_impossible_state_is_refused_with_its_reason",
    "test_an_unstarted_learner_is_registered_as_one",
    "test_auth_demands_a_user",
    "test_auth_reaches_a_learner_too",
    "test_faults_that_make_no_sense_are_refused",
    "test_the_strict_check_is_on_unless_asked_off",
    "test_waiting_ends_in_time_and_tells_what_it_saw",
    "test_without_quorum_no_member_has_a_leader_and_nothing_is_written",
)
"""What etcd or the test bed's own code answers, wherever a member runs: processes show it in a tenth of the time."""
for name in OF_ANY_BACKEND:
    del globals()[name]

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True)
def _in_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (test_faults, test_states):
        monkeypatch.setattr(module, "Cluster", functools.partial(Cluster, backend="docker"))


def test_a_container_keeps_the_etcd_it_was_made_with():
    with Cluster(1, backend="docker") as cluster, pytest.raises(VersionFixed, match="keeps the etcd it was made with"):
        cluster["etcd1"].install("3.5")
