# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a cluster into its asked state, the quick way.

Members that start all at once ask each other for their lists and hang for seconds: so the one whose peer URL sorts
first starts alone, and the others together once it answers. Changes of membership are made with the strict check off,
since it would refuse them for five seconds, and the one member at which they were asked is then restarted with it.
A single voter has no connections that could be too young, so it is strict from the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import waiting
from .gateway import GatewayError

if TYPE_CHECKING:
    from .cluster import Cluster
    from .member import Member

SECONDS = 15.0
TOKEN = "testbed"


def build(cluster: Cluster) -> None:
    """From nothing to the state; every step waits until etcd itself shows it."""
    voters = _start_voters(cluster)
    if cluster.state.auth:
        cluster.enable_auth()
    if cluster.state.changes_membership:
        _change_membership(cluster, voters[-1])
    _kill(cluster)
    _part(cluster)


def _start_voters(cluster: Cluster) -> list[Member]:
    """Starts the first members and returns them in the order of their peer URLs; the last is the lenient one."""
    voters = sorted(cluster.spares(cluster.state.size), key=lambda member: member.peer_url)
    identity = {
        "ETCD_INITIAL_CLUSTER": ",".join(f"{member.name}={member.peer_url}" for member in voters),
        "ETCD_INITIAL_CLUSTER_STATE": "new",
        "ETCD_INITIAL_CLUSTER_TOKEN": TOKEN,
    }
    for member in voters:
        strict = cluster.state.strict and not (_is_built_leniently(cluster) and member is voters[-1])
        member.start({"ETCD_NAME": member.name, **identity}, wait=False, strict_reconfig_check=strict)
        if member is voters[0] is not voters[-1]:
            member.wait_peer(SECONDS)
    cluster.wait_healthy(SECONDS)
    waiting.until("every member to have told its name", lambda: _unnamed(cluster), SECONDS)
    return voters


def _is_built_leniently(cluster: Cluster) -> bool:
    return cluster.state.strict and cluster.state.changes_membership and cluster.state.size > 1


def _unnamed(cluster: Cluster) -> str | None:
    for member in cluster.live:
        records = member.gateway.member_list(linearizable=False)
        if not all(record["name"] and record["clientURLs"] for record in records):
            return f"the list of {member.name}: {records}"
    return None


def _change_membership(cluster: Cluster, asked: Member) -> None:
    state = cluster.state
    learners = [_register(cluster, asked, learner=True) for _ in range(state.learners)]
    for _ in range(state.unstarted_learners):
        _register(cluster, asked, learner=True)
    if state.loses_quorum_when_registering:
        # What a learner needs to start will be gone.
        _start(cluster, learners)
    for _ in range(state.unstarted):
        _register(cluster, asked, learner=False)
    for learner in learners:
        if not learner.was_started:
            learner.start(wait=False)
    if _is_built_leniently(cluster):
        # A starting member asks its peers in the order of their URLs, and hangs on one that starts at the same moment:
        # the one that is restarted is the last, so nobody asks it.
        asked.restart(wait=False, strict_reconfig_check=True)
    if not state.loses_quorum_when_registering:
        for learner in learners:
            _wait_in_sync(cluster, learner)
    _wait_settled_leadership(cluster)


def _register(cluster: Cluster, asked: Member, learner: bool) -> Member:
    member = cluster.spare()
    asked.gateway.member_add([member.peer_url], learner=learner)
    return member


def _start(cluster: Cluster, learners: list[Member]) -> None:
    for learner in learners:
        learner.start(timeout=SECONDS)
        _wait_in_sync(cluster, learner)


def _wait_in_sync(cluster: Cluster, learner: Member) -> None:
    learner.wait_ready(SECONDS)
    goal = cluster.leader.status()["index"]

    def look() -> str | None:
        index = learner.status()["index"]
        return None if index >= goal else f"raft index {index} of {goal}"

    waiting.until(f"{learner.name} to catch up", look, SECONDS)


def _kill(cluster: Cluster) -> None:
    state = cluster.state
    if not state.killed:
        return
    leader, followers = cluster.leader, cluster.followers
    if state.leader_dead:
        victims = [leader, *reversed(followers)]
    else:
        # Always the last ones, so that who starts from this state knows who is dead.
        victims = [member for member in reversed(cluster.members) if member in (leader, *followers)]
        if leader in victims[: state.killed]:
            _move_leadership(cluster, victims[-1])
    for victim in victims[: state.killed]:
        victim.kill()
    _wait_settled_leadership(cluster)


def _move_leadership(cluster: Cluster, heir: Member) -> None:
    if heir.member_id is None:
        raise LookupError(f"{heir.name} is not registered")
    cluster.leader.gateway.move_leader(heir.member_id)
    waiting.until(
        f"{heir.name} to lead", lambda: None if cluster.leader is heir else f"{cluster.leader.name} leads", SECONDS
    )


def _part(cluster: Cluster) -> None:
    if not cluster.state.partitioned:
        return
    roles = {"leader": [cluster.leader], "follower": cluster.followers[:1]}
    cluster.partition(
        *(
            [member for name in group for member in roles.get(name) or [cluster[name]]]
            for group in cluster.state.partitioned
        )
    )
    _wait_settled_leadership(cluster)


def _wait_settled_leadership(cluster: Cluster) -> None:
    """Until each live member says what must come: a live leader where its side has a quorum, else none."""

    def look() -> str | None:
        leaders = {
            status["member_id"] for status in cluster.statuses().values() if status["leader"] == status["member_id"]
        }
        for member in cluster.live:
            try:
                if reason := _undecided(cluster, member, leaders):
                    return f"{member.name}: {reason}"
            except (OSError, GatewayError) as problem:
                return f"{member.name}: {problem}"
        return None

    waiting.until("the members to agree on who leads", look, SECONDS)


def _undecided(cluster: Cluster, member: Member, leaders: set[int]) -> str | None:
    if cluster.has_quorum_around(member) is False:
        if not _serves(member):
            return None
        status = member.status()
        # A learner never calls an election, so it never forgets its leader.
        return "it still has a leader" if status["leader"] and not status["is_learner"] else None
    if member.status()["leader"] not in leaders:
        return "it has no leader that lives"
    return member.not_ready_because()


def _serves(member: Member) -> bool:
    try:
        member.gateway.status(timeout=0.2)
    except OSError:
        return False
    return True
