# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that was a member is no fresh host: not without its disk, and not with another data directory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment import Deployment, deploy
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import (
    ABSENT,
    DATA,
    EMPTY,
    Consents,
    DataDir,
    FirstStart,
    Host,
    Past,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal

from tests.unit.plugins.module_utils._membership.clusters import CLUSTER_ID, cluster, dead, id_of, url, voters

PLACE, ELSEWHERE = "/var/lib/etcd", "/srv/etcd"
SETTINGS = "/etc/etcd/etcd.env"
CONFIGURED = Past(files=(SETTINGS,), data_dir=PLACE)
NONE = Consents(cluster_name="orders")


def fresh(name: str, state: str = ABSENT, **facts) -> Host:
    """A host that never was a member."""
    return replace(Host(name, (url(name),), DataDir(state, path=PLACE)), **facts)


def emptied(name: str, state: str = EMPTY, **facts) -> Host:
    """A host that was a member, and whose data directory is empty now."""
    return fresh(name, state, past=CONFIGURED, **facts)


def member(name: str, **facts) -> Host:
    """A host that runs with its member's data."""
    data = DataDir(DATA, id_of(name), CLUSTER_ID, path=PLACE)
    return replace(Host(name, (url(name),), data, is_running=True, past=CONFIGURED), **facts)


def verdict(observed, *hosts: Host, consents: Consents = NONE) -> str:
    """The moves as text, or the code of the refusal."""
    found = deploy(observed, hosts, consents)
    if isinstance(found, Refusal):
        return found.code
    return ", ".join(f"{move.action} {move.name}" for move in found.moves) or "nothing to do"


def refusal(observed, *hosts: Host, consents: Consents = NONE) -> Refusal:
    found = deploy(observed, hosts, consents)
    assert isinstance(found, Refusal)
    return found


THREE = cluster(*voters(3))
WITHOUT_M3 = cluster(*voters(2), dead("m3"))
BOOTSTRAP = "bootstrap m1, bootstrap m2, bootstrap m3"


# Data that are gone


@pytest.mark.parametrize("state", [ABSENT, EMPTY])
@pytest.mark.parametrize("emptied_ones", [("m1",), ("m1", "m2"), ("m1", "m2", "m3")])
def test_hosts_that_were_members_are_not_bootstrapped_without_their_disks(state, emptied_ones):
    hosts = [emptied(name, state) if name in emptied_ones else fresh(name) for name in ("m1", "m2", "m3")]
    found = refusal(None, *hosts)
    assert found.code == "data_lost"
    assert found.message.startswith(", ".join(emptied_ones))
    assert PLACE in found.message
    assert "etcd_cluster_forget=orders" in found.next_step


def test_a_new_cluster_begins_where_the_old_one_is_named():
    hosts = [emptied(name) for name in ("m1", "m2", "m3")]
    assert verdict(None, *hosts, consents=replace(NONE, forget="orders")) == BOOTSTRAP
    for another in ("", "order", "ORDERS", "true"):
        assert verdict(None, *hosts, consents=replace(NONE, forget=another)) == "data_lost"


def test_a_consent_to_one_lost_disk_is_none_to_a_new_cluster():
    hosts = [emptied(name) for name in ("m1", "m2", "m3")]
    assert verdict(None, *hosts, consents=replace(NONE, accept=frozenset({"data_lost"}))) == "data_lost"


@pytest.mark.parametrize("observed", [THREE, WITHOUT_M3], ids=["it answers elsewhere", "it is dead"])
def test_a_member_without_its_disk_is_not_rebuilt_unasked(observed):
    found = refusal(observed, member("m1"), member("m2"), emptied("m3"))
    assert found.code == "data_lost"
    assert "quorum.etcd.replace with etcd_cluster_member=m3" in found.next_step


def test_a_member_without_its_disk_is_rebuilt_on_request():
    hosts = (member("m1"), member("m2"), emptied("m3"))
    rebuilt = "remove m3, add_learner m3, promote m3"
    assert verdict(WITHOUT_M3, *hosts, consents=replace(NONE, rebuild="m3")).replace("start m3, ", "") == rebuilt
    assert verdict(WITHOUT_M3, *hosts, consents=replace(NONE, rebuild="m1")) == "data_lost"
    accepted = replace(NONE, accept=frozenset({"data_lost"}))
    assert verdict(WITHOUT_M3, *hosts, consents=accepted).replace("start m3, ", "") == rebuilt


def test_the_others_are_not_started_either_while_a_disk_is_missing():
    stopped = [member(name, is_running=False) for name in ("m1", "m2")]
    assert verdict(None, *stopped, emptied("m3")) == "data_lost"
    assert verdict(None, *stopped, emptied("m3"), consents=replace(NONE, rebuild="m3")) == "start m1, start m2"


@pytest.mark.parametrize(
    "unfinished",
    [
        {"past": replace(CONFIGURED, is_unfinished=True)},
        {"past": CONFIGURED, "first_start": FirstStart("m1=http://10.0.0.1:2380", "new")},
        {"past": Past()},
    ],
    ids=["its first deployment was interrupted", "it was told how to begin", "it was never configured"],
)
def test_a_host_that_has_yet_to_become_a_member_misses_nothing(unfinished):
    hosts = [replace(fresh(name), **unfinished) for name in ("m1", "m2", "m3")]
    assert verdict(None, *hosts) == BOOTSTRAP


# Another data directory


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (Past((SETTINGS,), ELSEWHERE, holds_data=True), "is configured with"),
        (Past((SETTINGS,), ELSEWHERE), "is configured with"),
        (Past((SETTINGS,), PLACE, ELSEWHERE), "runs with"),
        (Past((), "", ELSEWHERE), "runs with"),
        (Past((SETTINGS,), ELSEWHERE, holds_data=True, is_unfinished=True), "is configured with"),
    ],
)
@pytest.mark.parametrize("observed", [None, THREE])
def test_another_data_directory_than_before_is_refused(observed, past, words):
    found = refusal(observed, member("m1"), member("m2"), fresh("m3", past=past))
    assert found.code == "data_dir_changed"
    assert f"m3 {words} the data directory {ELSEWHERE}, and etcd_cluster_data_dir is {PLACE}" in found.message
    assert f"Set etcd_cluster_data_dir to {ELSEWHERE}" in found.next_step


def test_a_typing_error_of_a_first_deployment_can_be_corrected():
    unfinished = Past((SETTINGS,), ELSEWHERE, is_unfinished=True)
    hosts = [fresh(name, past=unfinished) for name in ("m1", "m2", "m3")]
    assert verdict(None, *hosts) == BOOTSTRAP


def test_a_member_moves_to_another_data_directory_by_a_rebuild():
    moved = fresh("m3", past=Past((SETTINGS,), ELSEWHERE, ELSEWHERE, holds_data=True), is_running=True)
    found = deploy(THREE, (member("m1"), member("m2"), moved), replace(NONE, rebuild="m3"))
    assert isinstance(found, Deployment)
    assert next(move.action for move in found.moves) == "remove"


def test_a_settled_cluster_needs_nothing():
    assert verdict(THREE, member("m1"), member("m2"), member("m3")) == "nothing to do"
