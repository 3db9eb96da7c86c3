# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For what a monitor calls somebody, and for what it does not."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.concerns import Concern, concerns
from ansible_collections.quorum.etcd.plugins.module_utils._membership.expiry import Expiring
from ansible_collections.quorum.etcd.plugins.module_utils._membership.findings import Findings, Seen, findings_of

from .clusters import cluster, learner, unstarted, voters


def of(observed) -> Findings:
    return findings_of(Seen(concerns=concerns(observed)))


def test_of_a_healthy_cluster_there_is_nothing_to_say():
    assert of(cluster(*voters(3))) == Findings((), ())


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (cluster(*voters(3, dead_ones=2)), "The cluster has no quorum"),
        (cluster(*voters(3, dead_ones=1)), "One more failure stops all writes"),
        (cluster(*voters(5, dead_ones=1)), "m5 refuses connections"),
        (cluster(*voters(3), unstarted(4)), "has not started"),
        (cluster(*voters(3), foreign_cluster_ids=(0xC2,)), "Some endpoints belong to other clusters"),
    ],
)
def test_somebody_is_called(observed, words):
    assert any(words in failure for failure in of(observed).failures)


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (cluster(*voters(2)), "2 voters tolerate no more failures than 1 would"),
        (cluster(*voters(3), learner("m4")), "m4 is a learner"),
        (cluster(*voters(4)), "4 voters tolerate no more failures than 3 would"),
    ],
)
def test_nobody_is_called(observed, words):
    found = of(observed)
    assert found.failures == ()
    assert any(words in warning for warning in found.warnings)


def test_a_certificate_that_expires_is_a_concern_after_all_others():
    expiring = [Expiring("n1", "served at https://n1:2379", 3)]
    assert [one.code for one in concerns(cluster(*voters(2)), expiring)] == ["even_size", "certificate_expires"]


def test_a_concern_that_is_not_known_here_is_a_failure():
    assert findings_of(Seen(concerns=(Concern("new", "Something is wrong."),))).failures == ("Something is wrong.",)


@pytest.mark.parametrize(
    ("seen", "failure"),
    [
        (Seen(silence="no answer."), "The cluster cannot be queried: no answer."),
        (Seen(unreachable=("n3",)), "The host n3 cannot be reached."),
        (
            Seen(differences=(("add_learner", "n4"), ("start", "n4"))),
            "n4 is a host of the group, but not a member. Run quorum.etcd.deploy.",
        ),
        (
            Seen(differences=(("update_peer_urls", "n2"),)),
            "n2 has other peer URLs than in the inventory. Run quorum.etcd.deploy.",
        ),
        (Seen(handshakes=("https://10.0.0.2:2380 refuses.",) * 2), "https://10.0.0.2:2380 refuses."),
        (Seen(expiring=(Expiring("n1", "ca.crt", 3, True),)), "A CA in ca.crt on n1 expires in 3 days."),
    ],
)
def test_each_kind_of_failure_is_named_once(seen, failure):
    assert findings_of(seen) == Findings((failure,), ())


def test_a_member_without_a_host_may_stay():
    seen = Seen(differences=(("remove", "n9"), ("move_leader", "n1")))
    assert findings_of(seen) == Findings((), ("n9 is a member, but has no host in the group.",))


def test_the_member_of_a_host_that_cannot_be_reached_is_not_called_one_without_a_host():
    seen = Seen(differences=(("remove", "n3"),), unreachable=("n3",))
    assert findings_of(seen) == Findings(("The host n3 cannot be reached.",), ())
