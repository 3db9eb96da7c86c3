# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a joiner is started with: the live list, in which it and everybody else has a name of its own."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.join import (
    environment,
    initial_cluster,
    names_for_joining,
)

from tests.unit.plugins.module_utils._membership.clusters import (
    cluster,
    dead,
    healthy,
    id_of,
    learner,
    unstarted,
    unstarted_learner,
    url,
)


def joining(observed, place, name):
    """The environment of the member that is to start at a place under a name."""
    joiner = next(member for member in observed.members if url(place) in member.peer_urls)
    return environment(observed, joiner, name)


def test_a_learner_that_joins_three_voters():
    observed = cluster(healthy("m1"), healthy("m2"), dead("m3"), unstarted_learner(4))
    assert joining(observed, 4, "m4") == {
        "ETCD_NAME": "m4",
        "ETCD_INITIAL_ADVERTISE_PEER_URLS": url(4),
        "ETCD_INITIAL_CLUSTER": f"m1={url(1)},m2={url(2)},m3={url(3)},m4={url(4)}",
        "ETCD_INITIAL_CLUSTER_STATE": "existing",
    }


def test_several_peer_urls_are_listed_one_by_one():
    observed = cluster(healthy("m1", [url(1), url(2)]), unstarted_learner(4))
    assert joining(observed, 4, "m4")["ETCD_INITIAL_CLUSTER"] == f"m1={url(1)},m1={url(2)},m4={url(4)}"


def test_the_joiner_names_all_of_its_own_addresses():
    observed = cluster(healthy("m1"), unstarted(4, [url(4), url(44)]))
    assert joining(observed, 4, "m4")["ETCD_INITIAL_ADVERTISE_PEER_URLS"] == f"{url(4)},{url(44)}"


def test_another_member_that_has_not_started_is_named_after_its_id():
    observed = cluster(healthy("m1"), healthy("m2"), unstarted(3), unstarted_learner(4))
    other = f"member-{id_of('unstarted 3'):x}"
    assert joining(observed, 4, "m4")["ETCD_INITIAL_CLUSTER"] == f"m1={url(1)},m2={url(2)},m4={url(4)},{other}={url(3)}"


def test_a_joiner_without_a_wanted_name_is_named_after_its_id():
    observed = cluster(healthy("m1"), unstarted_learner(4))
    assert joining(observed, 4, "")["ETCD_NAME"] == f"member-{id_of('unstarted 4'):x}"


def test_a_member_that_has_started_keeps_its_own_name():
    observed = cluster(healthy("m1"), learner("m4"))
    assert joining(observed, 4, "other")["ETCD_NAME"] == "m4"


def test_a_name_that_the_joiner_shares_stays_with_the_joiner():
    """etcd wants the names to differ, and compares only the joiner's own with what it is started as."""
    observed = cluster(healthy("m1"), healthy("m3"), unstarted_learner(4))
    settings = joining(observed, 4, "m3")
    assert settings["ETCD_NAME"] == "m3"
    assert settings["ETCD_INITIAL_CLUSTER"] == f"m1={url(1)},m3={url(4)},member-{id_of('m3'):x}={url(3)}"


def test_two_members_of_one_name_get_two():
    observed = cluster(healthy("m1"), healthy("m1", [url(2)], member_id=0xB2), unstarted_learner(4))
    names = names_for_joining(observed)
    assert names[0xB2] == "m1"
    assert names[id_of("m1")] == f"member-{id_of('m1'):x}"


@pytest.mark.parametrize("swapped", [False, True])
def test_even_a_name_that_looks_like_anothers_substitute_is_used_once(swapped):
    one, other = (
        unstarted(3),
        healthy(f"member-{id_of('unstarted 3'):x}", [url(2)], member_id=1 if swapped else 1 << 63),
    )
    observed = cluster(healthy("m1"), healthy("m4"), *((other, one) if swapped else (one, other)))
    names = list(names_for_joining(observed).values())
    assert len(set(names)) == len(names) == 4


def test_a_joiner_that_is_called_like_anothers_substitute():
    observed = cluster(healthy("m1"), healthy("m2"), unstarted(3), unstarted_learner(4))
    names = names_for_joining(observed, observed.learners[0], f"member-{id_of('unstarted 3'):x}")
    assert len(set(names.values())) == 4


@pytest.mark.parametrize("name", ["a,b", "a=b", "a b"])
def test_a_name_that_etcd_could_not_read_back_is_replaced(name):
    observed = cluster(healthy("m1"), healthy(name, [url(2)], member_id=0xB2), unstarted_learner(4))
    assert joining(observed, 4, "m4")["ETCD_INITIAL_CLUSTER"] == f"m1={url(1)},m4={url(4)},member-b2={url(2)}"


def test_the_order_of_the_list_does_not_matter():
    hosts = [healthy("m2"), healthy("m1"), healthy("m1", [url(7)], member_id=0xB2), unstarted_learner(4)]
    observed, turned = cluster(*hosts), cluster(*reversed(hosts))
    assert initial_cluster(observed, names_for_joining(observed)) == initial_cluster(turned, names_for_joining(turned))
