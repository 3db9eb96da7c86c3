# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that was a member is no fresh host: not without its disks, and not with data or a log in another directory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.deployment import Deployment, deploy
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import (
    ABSENT,
    DATA,
    EMPTY,
    INCOMPLETE,
    Consents,
    DataDir,
    FirstStart,
    Host,
    Past,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal

from tests.unit.plugins.module_utils._membership.clusters import CLUSTER_ID, cluster, dead, id_of, url, voters

PLACE, ELSEWHERE = "/var/lib/etcd", "/srv/etcd"
LOG, OTHER_LOG = "/srv/log/wal", "/var/lib/etcd/member/wal"
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


def test_two_hosts_of_one_name_are_refused():
    found = refusal(None, fresh("n1"), fresh("n2"), replace(fresh("n3"), name="n1"))
    assert (found.code, found.message) == ("ambiguous_identity", "two hosts have the member name n1")
    assert "etcd_cluster_member_name" in found.next_step


def test_two_hosts_at_one_address_are_refused():
    """As hosts are that have one default address each in a network of their own, such as virtual machines."""
    found = refusal(None, fresh("n1"), replace(fresh("n2"), peer_urls=fresh("n1").peer_urls))
    assert found.code == "peer_url_in_use"
    assert "n1 and n2 both have the peer address" in found.message
    assert "etcd_cluster_address" in found.next_step


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


def test_a_directory_with_its_log_on_another_disk_is_told_with_that():
    apart = replace(emptied("m3"), data_dir=DataDir(EMPTY, path=PLACE, wal_dir=LOG))
    assert refusal(THREE, member("m1"), member("m2"), apart).message.endswith(f"{PLACE}, with the log in {LOG}")
    below = replace(apart, data_dir=replace(apart.data_dir, wal_dir=OTHER_LOG))
    assert refusal(THREE, member("m1"), member("m2"), below).message.endswith(f"is empty: {PLACE}")


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


# A part of the data that is gone


def halved(name: str, **facts) -> Host:
    """A host whose database is there, and whose log is not: it is on another disk."""
    data = DataDir(
        INCOMPLETE, reason=f"{PLACE} holds a database, but there is no log in {LOG}", path=PLACE, wal_dir=LOG
    )
    return replace(Host(name, (url(name),), data, past=replace(CONFIGURED, wal_dir=LOG)), **facts)


@pytest.mark.parametrize("observed", [None, THREE, WITHOUT_M3])
@pytest.mark.parametrize("past", [replace(CONFIGURED, wal_dir=LOG), Past()], ids=["configured", "never configured"])
def test_a_member_without_its_log_is_told_to_mount_the_disk_and_never_to_wipe_it(observed, past):
    hosts = (member("m1"), member("m2"), halved("m3", past=past))
    for consents in (NONE, replace(NONE, wipe_stale_data=True, forget="orders")):
        found = refusal(observed, *hosts, consents=consents)
        assert found.code == "data_lost"
        assert f"m3 has a part of its data only: {hosts[2].data_dir.reason}" in found.message
        assert found.next_step.startswith("Mount the disk")
        assert "wip" not in found.next_step
        assert "delete" not in found.next_step


def test_both_kinds_of_losses_are_told_at_once():
    found = refusal(None, emptied("m1"), halved("m2"), emptied("m3"))
    assert found.message.startswith(
        f"m1, m3 were members before ({SETTINGS} exists), and the data directories are empty"
    )
    assert "; m2 has a part of its data only" in found.message


def test_a_member_without_its_log_is_rebuilt_on_request():
    hosts = (member("m1"), member("m2"), halved("m3"))
    moves = verdict(WITHOUT_M3, *hosts, consents=replace(NONE, rebuild="m3"))
    assert moves == "remove m3, wipe m3, add_learner m3, start m3, promote m3"


def test_what_is_left_of_a_member_that_is_none_any_more_can_be_wiped_with_both_consents():
    former = cluster(*voters(2))
    accepted = replace(NONE, accept=frozenset({"data_lost"}))
    hosts = (member("m1"), member("m2"), halved("m3"))
    assert verdict(former, *hosts, consents=accepted) == "stale_data"
    assert "wipe m3" in verdict(former, *hosts, consents=replace(accepted, wipe_stale_data=True))
    assert verdict(None, *hosts, consents=accepted) == "stale_data"


@pytest.mark.parametrize(
    "unfinished",
    [
        {"past": replace(CONFIGURED, is_unfinished=True)},
        {"first_start": FirstStart("m1=http://10.0.0.1:2380", "existing")},
    ],
    ids=["it was wiped in part", "its join was interrupted"],
)
def test_a_host_that_has_yet_to_become_a_member_has_lost_no_log(unfinished):
    hosts = (member("m1"), member("m2"), halved("m3", **unfinished))
    assert verdict(cluster(*voters(2)), *hosts) == "stale_data"
    assert "wipe m3" in verdict(cluster(*voters(2)), *hosts, consents=replace(NONE, wipe_stale_data=True))


# Another data directory, or another log


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


def logging_in(place: str, **facts) -> Host:
    """A host of which the role wants the log in LOG."""
    data = DataDir(DATA, id_of("m3"), CLUSTER_ID, path=PLACE, wal_dir=LOG)
    past = Past((SETTINGS,), PLACE, PLACE, holds_data=True, wal_dir=place, process_wal_dir=place, holds_log=True)
    return replace(member("m3"), data_dir=data, past=past, **facts)


@pytest.mark.parametrize("observed", [None, THREE])
@pytest.mark.parametrize("state", [INCOMPLETE, DATA, EMPTY])
@pytest.mark.parametrize(
    ("past", "words"),
    [
        ({"process_wal_dir": OTHER_LOG, "wal_dir": OTHER_LOG, "holds_log": True}, "runs with"),
        ({"process_wal_dir": OTHER_LOG, "wal_dir": LOG}, "runs with"),
        ({"wal_dir": OTHER_LOG, "holds_log": True}, "is configured with"),
    ],
)
def test_another_log_than_before_is_refused_and_nothing_is_to_be_deleted(observed, state, past, words):
    host = logging_in(OTHER_LOG)
    changed = replace(
        host,
        data_dir=replace(host.data_dir, state=state),
        past=replace(Past((SETTINGS,), PLACE, holds_data=True), **past),
    )
    found = refusal(observed, member("m1"), member("m2"), changed, consents=replace(NONE, wipe_stale_data=True))
    assert found.code == "wal_dir_changed"
    assert f"m3 {words} the write-ahead log in {OTHER_LOG}, and by etcd_cluster_wal_dir it would be in {LOG}" in (
        found.message
    )
    assert "no data are missing" in found.next_step
    assert "quorum.etcd.replace with etcd_cluster_member=m3" in found.next_step
    assert f"stop its etcd, move {OTHER_LOG} to {LOG}, and run quorum.etcd.deploy" in found.next_step
    assert "wip" not in found.next_step
    assert "delete" not in found.next_step


def test_a_log_whose_disk_is_missing_too_is_not_forgotten():
    """It is in neither place, so nobody moved it."""
    host = logging_in(OTHER_LOG)
    lost = replace(
        host,
        data_dir=replace(host.data_dir, state=INCOMPLETE),
        past=Past((SETTINGS,), PLACE, holds_data=True, wal_dir=OTHER_LOG),
    )
    assert verdict(THREE, member("m1"), member("m2"), lost) == "wal_dir_changed"


def test_a_log_or_data_that_were_moved_by_hand_are_taken_as_they_are():
    moved = logging_in(OTHER_LOG, is_running=False)
    moved = replace(moved, past=replace(moved.past, process_wal_dir="", process_data_dir="", holds_log=False))
    assert verdict(WITHOUT_M3, member("m1"), member("m2"), moved) == "start m3"
    all_moved = replace(moved, past=replace(moved.past, data_dir=ELSEWHERE, holds_data=False))
    assert verdict(WITHOUT_M3, member("m1"), member("m2"), all_moved) == "start m3"
    copied = replace(moved, past=replace(moved.past, data_dir=ELSEWHERE, holds_data=True))
    assert verdict(WITHOUT_M3, member("m1"), member("m2"), copied) == "data_dir_changed"


def test_a_log_moves_to_another_directory_by_a_rebuild():
    host = logging_in(OTHER_LOG)
    changed = replace(host, data_dir=replace(host.data_dir, state=INCOMPLETE, member_id=0))
    found = deploy(THREE, (member("m1"), member("m2"), changed), replace(NONE, rebuild="m3"))
    assert isinstance(found, Deployment)
    assert [move.action for move in found.moves][:2] == ["remove", "wipe"]


def test_a_place_that_nobody_told_is_not_judged():
    unknown = replace(member("m3"), data_dir=DataDir(DATA, id_of("m3"), CLUSTER_ID), past=logging_in(OTHER_LOG).past)
    assert verdict(THREE, member("m1"), member("m2"), unknown) == "nothing to do"


def test_a_settled_cluster_needs_nothing():
    assert verdict(THREE, member("m1"), member("m2"), member("m3")) == "nothing to do"
