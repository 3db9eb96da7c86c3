# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd_leader, etcd_defrag and etcd_alarm: a cluster is kept in shape without a write being risked."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.versions import (
    REVISION_DIFFERS_AFTER_DEFRAG,
    parse,
)

from tests.testbed import Cluster, Member, waiting
from tests.testbed.gateway import GatewayError
from tests.testbed.writer import Writer

from ..differences import HASH_OVER_THE_GATEWAY, oldest_and_newest
from .driver import PATIENCE, Run, run_main

MIB = 1024 * 1024
KEYS = 120
QUOTA = 16 * MIB
small_quota = pytest.mark.etcd(size=3, flags={"quota_backend_bytes": QUOTA})
each_release = pytest.mark.parametrize("version", oldest_and_newest("3.4"))
each_transport = pytest.mark.parametrize("transport", ["gateway", "grpc"])


def run(module: str, cluster: Cluster, check_mode: bool = False, **options: Any) -> Run:
    given = {"wait_timeout": PATIENCE["wait_timeout"], **cluster.connection, **options}
    return run_main(module, {name: value for name, value in given.items() if value is not None}, check_mode)


def leader(cluster: Cluster, check_mode: bool = False, **options: Any) -> Run:
    return run("etcd_leader", cluster, check_mode, **options)


def defrag(cluster: Cluster, check_mode: bool = False, **options: Any) -> Run:
    return run("etcd_defrag", cluster, check_mode, **{"min_size": 0, **accepting(cluster, options)})


def disarm(cluster: Cluster, check_mode: bool = False, **options: Any) -> Run:
    return run("etcd_alarm", cluster, check_mode, **{"state": "absent", **accepting(cluster, options)})


def accepting(cluster: Cluster, options: dict[str, Any]) -> dict[str, Any]:
    """Where there is no other etcd than one that must not crash during a defragmentation, that is accepted as well."""
    version = parse(cluster.version)
    if version is None or not REVISION_DIFFERS_AFTER_DEFRAG.affects(version):
        return options
    return {**options, "accept": [*options.get("accept", ()), "version_bug"]}


def fragment(cluster: Cluster, mib: int = 4) -> None:
    """Leaves each member a database that is mostly free: the same keys, written anew again and again, and compacted."""
    revision = [put_mebibyte(cluster, "keys") for _ in range(mib)][-1]
    cluster.leader.gateway.call("/kv/compaction", {"revision": str(revision), "physical": True})

    def not_yet() -> str | None:
        cluster.put("probe", "1")  # pages count as free with the next write only
        shares = [100 * (size - used) / size for size, used in sizes(cluster).values()]
        return None if min(shares) > 50 else str(shares)

    waiting.until("all members to compact", not_yet, 10)


def put_mebibyte(cluster: Cluster, prefix: str) -> int:
    """Small values, many at a time, since the pages of large ones are half empty. Returns the revision."""
    value = base64.b64encode(b"v" * (MIB // KEYS)).decode()
    keys = [base64.b64encode(f"{prefix}{number}".encode()).decode() for number in range(KEYS)]
    puts = [{"requestPut": {"key": key, "value": value}} for key in keys]
    answer = cluster.leader.gateway.call("/kv/txn", {"success": puts})
    return int(answer["header"]["revision"])


def sizes(cluster: Cluster) -> dict[str, tuple[int, int]]:
    """Size of each member's database and how much of it is in use, by name."""
    members = run("etcd_cluster_info", cluster, wait_timeout=None)["members"]
    return {member["name"]: (member["db_size"], member["db_size_in_use"]) for member in members}


def fill(cluster: Cluster, overwrite: bool) -> None:
    """Writes until etcd refuses: the same keys again and again, or always others."""

    def until_refused() -> None:
        for number in range(40):
            put_mebibyte(cluster, "keys" if overwrite else f"keys{number}/")

    with pytest.raises(GatewayError, match="database space exceeded"):
        until_refused()


def alarms(cluster: Cluster) -> list[tuple[str, str]]:
    found = run("etcd_alarm", cluster)
    assert not found.changed
    return sorted((alarm["kind"], alarm["member"]["name"]) for alarm in found["alarms"])


def refuses_writes(cluster: Cluster) -> bool:
    try:
        cluster.put("probe", "1")
    except GatewayError:
        return True
    return False


def raise_corrupt(cluster: Cluster, member: Member) -> None:
    ids = {one["name"]: one["ID"] for one in cluster.member_list()}
    call = {"action": "ACTIVATE", "memberID": ids[member.name], "alarm": "CORRUPT"}
    cluster.live[0].gateway.call("/maintenance/alarm", call)


# -- leadership --------------------------------------------------------------------------------------------------------


@each_transport
@each_release
@pytest.mark.etcd(size=3)
def test_leadership_moves_to_a_member_by_name_and_by_id(cluster: Cluster, transport: str):
    first, second = cluster.followers
    foreseen = leader(cluster, check_mode=True, member=first.name, transport=transport)
    assert foreseen.changed
    assert foreseen.planned == ["move_leader"]
    assert cluster.leader.name != first.name
    moved = leader(cluster, member=first.name, transport=transport)
    assert moved.done == ["move_leader"]
    assert (cluster.leader.name, moved["leader"]["name"]) == (first.name, first.name)
    assert f"{first.name}: leader" in moved["diff"]["after"]
    assert not leader(cluster, member=first.name, transport=transport).changed
    number = next(one["ID"] for one in cluster.member_list() if one["name"] == second.name)
    assert leader(cluster, member=f"{int(number):x}", transport=transport).changed
    assert cluster.leader.name == second.name


@pytest.mark.etcd(size=3, dead=1)
def test_leadership_away_from_a_member_goes_to_one_that_answers(cluster: Cluster):
    before = cluster.leader
    (heir,) = cluster.followers
    assert leader(cluster, away_from=before.name).done == ["move_leader"]
    assert cluster.leader.name == heir.name
    assert not leader(cluster, away_from=before.name).changed


@pytest.mark.etcd(size=3, dead=1)
def test_leadership_is_not_moved_to_a_member_that_does_not_answer(cluster: Cluster):
    (dead,) = (member for member in cluster.members if not member.is_running)
    before = cluster.leader.name
    refused = leader(cluster, member=dead.name, wait_timeout=0)
    assert refused.refusal == "member_unhealthy"
    assert "2 of 3 voters healthy" in refused.message
    assert cluster.leader.name == before


@pytest.mark.etcd(size=1, learners=1)
def test_a_single_voter_keeps_its_leadership(cluster: Cluster):
    (learner,) = cluster.learners
    assert leader(cluster, member=learner.name).refusal == "not_a_voter"
    assert leader(cluster, away_from=cluster.leader.name).refusal == "last_member"
    assert leader(cluster, member="etcd9").refusal == "member_not_found"


# -- defragmentation ---------------------------------------------------------------------------------------------------


@each_transport
@each_release
@pytest.mark.etcd(size=3)
def test_each_member_is_defragmented_the_leader_last(cluster: Cluster, transport: str):
    fragment(cluster)
    before = cluster.leader.name
    foreseen = defrag(cluster, check_mode=True, transport=transport)
    assert foreseen.planned == ["defragment", "defragment", "move_leader", "defragment"]
    made = defrag(cluster, transport=transport)
    assert made.done == foreseen.planned
    assert [one["name"] for one in made["defragmented"]][-1] == before != cluster.leader.name
    assert all(one["freed"] > 2 * MIB and one["seconds"] > 0 for one in made["defragmented"]), made["defragmented"]
    assert sizes(cluster)[before][0] == made["defragmented"][-1]["after"]
    again = defrag(cluster, transport=transport)
    assert not again.changed
    assert "per cent" in again["skipped"][0]["reason"]


@pytest.mark.measures_time
@pytest.mark.etcd(size=3, timing="default")
def test_no_acknowledged_write_is_lost_by_a_defragmentation(cluster: Cluster):
    fragment(cluster, mib=32)
    with Writer(cluster, rate=50) as writer:
        writer.wait_acknowledged(20)
        assert defrag(cluster).done.count("defragment") == 3
        writer.wait_acknowledged(20)
        report = writer.stop()
    assert (report.failed, report.lost, report.violations) == (0, 0, ()), report
    assert report.longest_gap < 1, report


@pytest.mark.etcd(size=3)
def test_a_defragmentation_is_refused_while_a_member_is_missing(cluster: Cluster):
    fragment(cluster)
    cluster.followers[0].kill()
    refused = defrag(cluster, wait_timeout=0)
    assert refused.refusal == "member_unhealthy"
    assert "2 of 3 voters healthy" in refused.message
    assert refused["done"] == []


@pytest.mark.etcd(size=1, learners=1)
def test_a_learner_is_skipped_and_a_single_voter_needs_consent(cluster: Cluster):
    fragment(cluster)
    (learner,) = cluster.learners
    assert defrag(cluster).refusal == "would_stop_writes"
    made = defrag(cluster, accept=["would_stop_writes"])
    assert made.done == ["defragment"]
    assert "Accepted would_stop_writes" in made.warnings
    assert [one["name"] for one in made["skipped"]] == [learner.name]


@each_transport
@pytest.mark.etcd(size=3, auth=True, tls=True)
def test_maintenance_with_authentication_and_tls(cluster: Cluster, transport: str):
    fragment(cluster)
    assert defrag(cluster, transport=transport).done.count("defragment") == 3
    assert leader(cluster, away_from=cluster.leader.name, transport=transport).changed
    raise_corrupt(cluster, cluster.members[0])
    if transport == "gateway" and HASH_OVER_THE_GATEWAY.answer(cluster.version) == "missing":
        assert disarm(cluster, transport=transport).refusal == "corruption_undecided"
        transport = "grpc"
    assert disarm(cluster, transport=transport, accept=["corruption_passed"]).done == ["disarm_corrupt"]


# -- alarms ------------------------------------------------------------------------------------------------------------


@each_transport
@each_release
@small_quota
def test_a_full_database_is_compacted_defragmented_and_disarmed(cluster: Cluster, transport: str):
    fill(cluster, overwrite=True)
    assert refuses_writes(cluster)
    assert {kind for kind, _name in alarms(cluster)} == {"NOSPACE"}
    refused = disarm(cluster, transport=transport)
    assert refused.refusal == "space_not_freed"
    assert "compact: true" in refused.message
    assert refused["done"] == []
    foreseen = disarm(cluster, check_mode=True, compact=True, transport=transport)
    assert foreseen.planned[0] == "compact"
    assert foreseen.planned[-1] == "disarm_nospace"
    assert refuses_writes(cluster)
    cured = disarm(cluster, compact=True, transport=transport)
    # Each member notes for itself when it is full, so more of them may be by now.
    assert set(cured.done) >= set(foreseen.planned)
    assert (cured.done[0], cured.done[-1]) == ("compact", "disarm_nospace")
    assert (cured["alarms"], alarms(cluster)) == ([], [])
    assert not refuses_writes(cluster)
    assert not disarm(cluster, compact=True, transport=transport).changed


@small_quota
def test_an_alarm_stays_on_while_the_keys_themselves_are_too_much(cluster: Cluster):
    fill(cluster, overwrite=False)
    refused = disarm(cluster, compact=True)
    assert refused.refusal == "space_not_freed"
    assert "Delete keys" in refused.message
    assert "per cent of a quota of 16777216" in refused.message
    assert refuses_writes(cluster)
    cluster.etcdctl("del", "--prefix", "key")
    assert disarm(cluster, compact=True).done[-1] == "disarm_nospace"
    assert not refuses_writes(cluster)


@pytest.mark.etcd(size=3)
def test_corrupt_is_disarmed_only_if_all_agree_and_that_is_accepted(cluster: Cluster):
    cluster.put("key", "value")
    raise_corrupt(cluster, cluster.members[1])
    assert alarms(cluster) == [("CORRUPT", "etcd2")]
    refused = disarm(cluster)
    assert refused.refusal == "corruption_passed"
    assert disarm(cluster, accept=["corruption_passed"]).done == ["disarm_corrupt"]
    assert alarms(cluster) == []


@pytest.mark.etcd(size=3)
def test_corrupt_stays_on_and_the_member_with_other_data_is_named(cluster: Cluster):
    cluster.put("key", "as it was written")
    wrong = cluster.followers[0]
    wrong.stop()
    database = wrong.data_dir / "member" / "snap" / "db"
    content = database.read_bytes()
    assert b"as it was written" in content
    database.write_bytes(content.replace(b"as it was written", b"as it was altered"))
    wrong.restart()
    raise_corrupt(cluster, wrong)
    refused = disarm(cluster, accept=["corruption_passed"])
    assert refused.refusal == "member_corrupt"
    assert f"Replace {wrong.name}" in refused.message
    assert alarms(cluster) == [("CORRUPT", wrong.name)]
