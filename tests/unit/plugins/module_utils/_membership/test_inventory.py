# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members as hosts: each has one name of its own, an address that can be reached, and the groups that fit it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.inventory import (
    CLIENT_URL,
    NONE,
    PEER_URL,
    InventoryHost,
    Naming,
    hosts_of,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import hex_id
from ansible_collections.quorum.etcd.plugins.module_utils._membership.report import (
    cluster_data,
    in_order,
    member_status_data,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._membership.clusters import (
    Host,
    cluster,
    dead,
    healthy,
    id_of,
    learner,
    unstarted,
    unstarted_learner,
)

MIXED = cluster(healthy("m1"), healthy("m2"), dead("m3"), learner("m4"), unstarted_learner(5), leader="m2")


def described(*hosts: Host, leader: str = "m1") -> dict:
    return data_of(cluster(*hosts, leader=leader))


def data_of(observed) -> dict:
    """A cluster as the cache gives it back."""
    members = [member_status_data(observed, member) for member in in_order(observed)]
    return json.loads(json.dumps({**cluster_data(observed), "members": members, "has_quorum": observed.has_quorum}))


def one_named(
    name: str,
    member_id: int = 0xA1,
    urls: tuple[str, ...] = ("http://10.0.0.1:2380",),
    client_urls: tuple[str, ...] = (),
) -> dict:
    """A cluster whose only member has this name and these URLs."""
    data = described(healthy("m1"))
    data["members"][0].update(
        id=hex_id(member_id), name=name, peer_urls=list(urls), client_urls=list(client_urls), started=bool(name)
    )
    return data


def only(hosts: tuple[InventoryHost, ...]) -> InventoryHost:
    (host,) = hosts
    return host


def names(*hosts: Host, leader: str = "m1", naming: Naming | None = None) -> set[str]:
    return {host.name for host in hosts_of(described(*hosts, leader=leader), naming or Naming())}


# -- groups ------------------------------------------------------------------------------------------------------------


def test_each_member_is_in_the_groups_that_fit_it():
    assert {host.name: host.groups for host in hosts_of(data_of(MIXED), Naming())} == {
        "m1": ("etcd",),
        "m2": ("etcd", "etcd_leader"),
        "m3": ("etcd", "etcd_unhealthy"),
        "m4": ("etcd", "etcd_learners"),
        "10.0.0.5": ("etcd", "etcd_learners", "etcd_unhealthy"),
    }


def test_another_name_for_the_group_of_all_is_the_beginning_of_the_others():
    naming = Naming(group="events")
    assert naming.groups == ("events", "events_leader", "events_learners", "events_unhealthy")
    assert only(hosts_of(described(healthy("m1")), naming)).groups == ("events", "events_leader")


# -- names -------------------------------------------------------------------------------------------------------------


def test_members_of_one_name_keep_apart_by_their_id_each_of_them():
    twins = names(healthy("m1"), healthy("default", member_id=0xA1), healthy("default", member_id=0xA2))
    assert twins == {"m1", "default-a1", "default-a2"}


@pytest.mark.parametrize("name", ["etcd", "etcd_leader", "etcd_unhealthy", "all", "ungrouped", "localhost"])
def test_a_name_that_means_something_else_to_ansible_gets_the_id(name):
    assert only(hosts_of(one_named(name), Naming())).name == f"{name}-a1"


def test_with_another_group_a_member_may_be_called_etcd():
    assert only(hosts_of(one_named("etcd"), Naming(group="events"))).name == "etcd"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("n1.example.com", "n1.example.com"),
        ("knoten-über", "knoten-über"),
        ("rack 4:n1,n2", "rack_4_n1_n2"),
        ("!n1&~[1:3]*", "_n1___1_3__"),
        ("{{ lookup('pipe', 'id') }}", "___lookup__pipe____id_____"),
    ],
)
def test_characters_that_mean_something_in_a_host_pattern_become_underscores(name, expected):
    host = only(hosts_of(one_named(name), Naming()))
    assert host.name == expected
    assert host.variables["etcd_name"] == name


def test_a_member_that_never_started_is_called_by_its_address():
    assert names(healthy("m1"), unstarted(7)) == {"m1", "10.0.0.7"}


def test_a_member_that_never_started_takes_the_name_of_no_other():
    replaced, new = dead("m2", ["http://m2.example.com:2380"]), unstarted(7, ["http://m2.example.com:2381"])
    assert names(healthy("m1"), replaced, new) == {"m1", "m2", "m2.example.com"}
    namesake = healthy("m2.example.com")
    assert names(healthy("m1"), namesake, new) == {
        "m1",
        "m2.example.com",
        f"m2.example.com-{hex_id(id_of('unstarted 7'))}",
    }


def test_a_name_made_from_an_id_takes_the_name_of_no_other():
    trap = healthy("twin-a1", member_id=0xA3)
    found = names(healthy("m1"), healthy("twin", member_id=0xA1), healthy("twin", member_id=0xA2), trap)
    assert found == {"m1", "twin-a1-a1", "twin-a2", "twin-a1"}


def test_members_are_called_by_their_addresses_where_that_is_wanted():
    hosts = (healthy("m1", ["https://etcd-1.example.com:2380"]), healthy("m2", ["https://[fd00::2]:2380"]))
    assert names(*hosts, naming=Naming(hostname_from=PEER_URL)) == {"etcd-1.example.com", "fd00::2"}
    assert names(*hosts, naming=Naming(hostname_from=CLIENT_URL)) == {"m1", "m2"}


NAMES = st.one_of(
    st.sampled_from(["", "etcd", "all", "n1", "n 1", "n_1", "n1-a1", "a1", "10.0.0.1", "n1-a1-a1"]), st.text(max_size=4)
)


@given(
    st.lists(st.tuples(NAMES, st.sampled_from([1, 2])), min_size=1, max_size=6),
    st.sampled_from(["name", PEER_URL, CLIENT_URL]),
)
def test_no_two_members_are_ever_one_host_and_none_is_called_like_a_group(members, source):
    found = [
        {**one_named(name, 0xA0 + number, (f"http://10.0.0.{place}:2380",))["members"][0]}
        for number, (name, place) in enumerate(members)
    ]
    naming = Naming(hostname_from=source)
    hosts = hosts_of({**described(healthy("m1")), "members": found}, naming)
    called = [host.name for host in hosts]
    assert len(set(called)) == len(members)
    assert not {"all", "ungrouped", "localhost", *naming.groups} & set(called)
    assert [host.variables["etcd_id"] for host in hosts] == [member["id"] for member in found]


# -- addresses ---------------------------------------------------------------------------------------------------------

ANYWHERE = "http://0.0.0.0:2379"


@pytest.mark.parametrize(
    ("source", "peer_urls", "client_urls", "expected"),
    [
        (PEER_URL, ["http://10.0.0.1:2380"], ["http://192.0.2.1:2379"], "10.0.0.1"),
        (PEER_URL, ["https://N1.Example.com:2380"], [], "n1.example.com"),
        (PEER_URL, ["https://[fd00:0::1]:2380"], [], "fd00::1"),
        (PEER_URL, ["https://[fe80::1%25eth0]:2380"], [], "fe80::1%eth0"),
        (CLIENT_URL, ["http://10.0.0.1:2380"], ["http://192.0.2.1:2379"], "192.0.2.1"),
        (CLIENT_URL, ["http://10.0.0.1:2380"], [], "10.0.0.1"),
        (CLIENT_URL, ["http://10.0.0.1:2380"], [ANYWHERE, "http://192.0.2.1:2379"], "192.0.2.1"),
        (CLIENT_URL, ["http://10.0.0.1:2380"], ["unix://etcd.sock:0"], "10.0.0.1"),
        (CLIENT_URL, ["http://10.0.0.1:2380"], [ANYWHERE], "10.0.0.1"),
        (PEER_URL, ["nonsense"], [], None),
        (NONE, ["http://10.0.0.1:2380"], ["http://192.0.2.1:2379"], None),
    ],
)
def test_ansible_connects_to_the_host_of_a_url(source, peer_urls, client_urls, expected):
    host = only(
        hosts_of(
            one_named("n1", urls=tuple(peer_urls), client_urls=tuple(client_urls)), Naming(ansible_host_from=source)
        )
    )
    assert host.variables.get("ansible_host") == expected


def test_a_member_without_name_and_address_is_called_by_its_id():
    assert only(hosts_of(one_named("", urls=("nonsense",)), Naming())).name == "a1"


# -- variables ---------------------------------------------------------------------------------------------------------


def test_a_host_has_all_that_is_known_of_its_member_and_of_the_cluster():
    data = data_of(MIXED)
    for member, host in zip(data["members"], hosts_of(data, Naming(ansible_host_from=NONE)), strict=True):
        assert host.variables == {
            **{f"etcd_{key}": value for key, value in member.items()},
            "etcd_cluster_id": data["cluster_id"],
            "etcd_has_quorum": True,
            "etcd_quorum": data["quorum"],
        }


def test_no_variable_of_a_host_is_an_option_of_the_role():
    """The role's variables begin with etcd_cluster_, and those of a host would go before its defaults."""
    (host,) = hosts_of(described(healthy("m1")), Naming())
    assert {name for name in host.variables if name.startswith("etcd_cluster_")} == {"etcd_cluster_id"}
