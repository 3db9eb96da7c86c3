# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The checks that a change has to pass, one function each. None means passed."""

from __future__ import annotations

import typing as t

from . import refusal as codes
from . import versions
from .identity import Identity, owner_of_any
from .model import CORRUPT, Cluster, Member, hex_id
from .peer_urls import addresses
from .projection import project
from .quorum import (
    FOREIGN,
    LAGGING,
    NOT_FOLLOWING,
    READY_LAG,
    SILENT,
    UNSTARTED,
    Quorum,
    alarms_of,
    diagnosis,
    has_alarm,
    is_healthy,
    lag_of,
    quorum_of,
    raft_index_of_leader,
)
from .quorum_refusals import labels, unhealthy_voters, would_lose_quorum
from .refusal import Refusal
from .steps import ADD_LEARNER, Step

# Whom the other voters have no connection to, as far as can be told from here.
OUT_OF_TOUCH = frozenset((UNSTARTED, SILENT, FOREIGN, NOT_FOLLOWING))

MaybeRefusal = t.Optional[Refusal]


# Any change


def nothing_pending(cluster: Cluster, step: Step, target: Member | None) -> MaybeRefusal:
    """One change at a time: whoever joins has to have arrived before the next change, unless the change is about that
    member.
    """
    if target is not None and (target.is_learner or not target.is_started) and step.action != ADD_LEARNER:
        return None
    for learner in cluster.learners:
        return Refusal(
            codes.ANOTHER_LEARNER,
            f"cannot {step}: {learner.label} is a learner that has not been promoted yet",
            "Start it and promote it (state: promoted), or remove it.",
            before=quorum_of(cluster),
        )
    return no_unstarted_voter(cluster, step)


def no_unstarted_voter(cluster: Cluster, step: Step) -> MaybeRefusal:
    for voter in cluster.voters:
        if not voter.is_started:
            return Refusal(
                codes.MEMBER_UNSTARTED,
                f"cannot {step}: the {voter.label} has not started yet",
                "Start etcd on its host, or remove it by its peer URLs or id.",
                before=quorum_of(cluster),
            )
    return None


def no_downgrade(cluster: Cluster, step: Step) -> MaybeRefusal:
    """While a downgrade is on, etcd lets no member join, not even one of the target's release (3.6.16
    server/etcdserver/cluster_util.go allowedVersionRange), and a member of a newer release has no storage to start on.
    """
    target = cluster.downgrade_target
    if not target:
        return None
    return Refusal(
        codes.DOWNGRADE_IN_PROGRESS,
        f"cannot {step}: a downgrade to {target} is on",
        "Complete it first (quorum.etcd.downgrade), or cancel it (etcd_cluster_downgrade_cancel: true). A member that "
        "never answers keeps it on: remove that member.",
        before=quorum_of(cluster),
    )


# Adding and updating


def nothing_to_add(cluster: Cluster, identity: Identity) -> Refusal:
    why = "a new member gets its id from etcd" if identity.member_ids else "no peer URLs were given to add it with"
    return Refusal(
        codes.MEMBER_NOT_FOUND,
        f"{identity} is not a member, and {why}",
        "Give the peer_urls of the member to add, without a member_id; or a name or id that is in the list: "
        f"{_listing(cluster)}.",
    )


def peer_url_free(cluster: Cluster, step: Step) -> MaybeRefusal:
    owner = owner_of_any(cluster, step.peer_urls, but=step.member_id)
    if owner is None:
        return None
    shared = ", ".join(sorted(addresses(step.peer_urls) & addresses(owner.peer_urls)))
    return Refusal(
        codes.PEER_URL_IN_USE,
        f"cannot {step}: {shared} is a peer address of {owner.label} ({hex_id(owner.member_id)}: "
        f"{', '.join(owner.peer_urls)})",
        "Give other peer_urls, or change or remove that member first.",
    )


def learners_known(cluster: Cluster, step: Step) -> MaybeRefusal:
    if step.action != ADD_LEARNER:
        return None
    old = versions.affected(versions.LEARNERS_UNKNOWN, cluster.versions)
    if not old:
        return None
    return Refusal(
        codes.VERSION_UNSUPPORTED,
        "cannot {}: on etcd {} {}".format(step, ", ".join(old), versions.LEARNERS_UNKNOWN.summary),
        "Upgrade every member to etcd 3.4 or newer, or add it as a voter (learner: false).",
    )


def add_keeps_quorum(cluster: Cluster, step: Step) -> MaybeRefusal:
    """The newcomer is counted as the voter that it is to become, and as down until it has started."""
    before = quorum_of(cluster)
    after = Quorum(before.voters + 1, before.healthy)
    if after.holds or (step.action == ADD_LEARNER and before.voters == 1 and before.holds):
        return None
    return would_lose_quorum(
        cluster,
        step,
        after,
        why="the new member counts as down until it has started",
        otherwise="Add it as a learner (learner: true): it gets its vote only once it runs.",
    )


def release_allows_add(cluster: Cluster, step: Step) -> MaybeRefusal:
    down = [voter for voter, found in unhealthy_voters(cluster) if found.kind in OUT_OF_TOUCH]
    old = versions.affected(versions.ADD_NEEDS_EVERY_VOTER, cluster.versions)
    if not down or not old:
        return None
    before = quorum_of(cluster)
    return Refusal(
        codes.REMOVE_UNHEALTHY_FIRST,
        "cannot {} while {} is down: on etcd {} {}".format(
            step, labels(down), ", ".join(old), versions.ADD_NEEDS_EVERY_VOTER.summary
        ),
        f"Remove {labels(down)} first, start it again, or upgrade to etcd "
        f"{versions.ADD_NEEDS_EVERY_VOTER.fixed_releases}.",
        before=before,
        after=Quorum(before.voters + 1, before.healthy),
    )


def nobody_corrupt(cluster: Cluster, step: Step) -> MaybeRefusal:
    """etcd itself lets a cluster grow whose members' data differ; a newcomer would copy one of the versions, and nobody
    knows whether the right one.
    """
    if not has_alarm(cluster, CORRUPT):
        return None
    before = quorum_of(cluster)
    raised = sorted({alarm.member_id for alarm in alarms_of(cluster) if alarm.kind == CORRUPT})
    members = " and ".join(
        member.label if member else hex_id(number)
        for number, member in ((number, cluster.member(number)) for number in raised)
    )
    return Refusal(
        codes.REMOVE_UNHEALTHY_FIRST,
        f"cannot {step} while the alarm CORRUPT of {members} is on: the new member might copy data that "
        "differs from that of the others",
        f"Find out whose data is right (etcd_cluster_info with hash: true), remove {members} and disarm the "
        "alarm, then add.",
        before=before,
        after=Quorum(before.voters + 1, before.healthy),
    )


def update_keeps_learner(cluster: Cluster, target: Member) -> MaybeRefusal:
    old = versions.affected(versions.UPDATE_TURNS_LEARNER_INTO_VOTER, cluster.versions) if target.is_learner else ()
    if not old:
        return None
    return Refusal(
        codes.VERSION_BUG,
        "cannot update the peer URLs of the learner {}: on etcd {} {}".format(
            target.label, ", ".join(old), versions.UPDATE_TURNS_LEARNER_INTO_VOTER.summary
        ),
        "Remove the learner and add it again with the right peer URLs, or upgrade to etcd "
        f"{versions.UPDATE_TURNS_LEARNER_INTO_VOTER.fixed_releases}.",
    )


def new_peer_urls_reachable(cluster: Cluster, step: Step, target: Member) -> MaybeRefusal:
    """A started member has to listen on its new addresses already: etcd would accept a mistyped one and stay green
    until the next failure.
    """
    unproven = _unproven_urls(cluster, step) if target.is_started else {}
    if not unproven:
        return None
    return Refusal(
        codes.PEER_URL_UNREACHABLE,
        "cannot {} to {}: {}".format(
            step, ", ".join(step.peer_urls), "; ".join(f"{url} {reason}" for url, reason in unproven.items())
        ),
        f"Let {target.label} listen on the new address as well (listen-peer-urls), then update it. "
        f"If its host was replaced, remove the old member ({hex_id(target.member_id)}) first and add the new one.",
        before=quorum_of(cluster),
    )


def update_keeps_quorum(cluster: Cluster, step: Step, target: Member) -> MaybeRefusal:
    """A voter whose new address is not proven counts as down; alone in its cluster it needs nobody to reach it."""
    before = quorum_of(cluster)
    lost = _unproven_urls(cluster, step) and target.is_voter and is_healthy(cluster, target) and before.voters > 1
    after = Quorum(before.voters, before.healthy - (1 if lost else 0))
    if after.holds:
        return None
    return would_lose_quorum(
        cluster,
        step,
        after,
        why="a voter with an unproven address counts as down" if lost else "",
        otherwise=f"Let {target.label} listen on the new address first.",
    )


def _unproven_urls(cluster: Cluster, step: Step) -> dict[str, str]:
    """Those of the new peer URLs that no probe has reached, and why not."""
    reasons = {probe.url: probe.reason for probe in cluster.probes if not probe.reachable}
    proven = {probe.url for probe in cluster.probes if probe.reachable}
    return {url: reasons.get(url, "was not tried out") for url in step.peer_urls if url not in proven}


# Promoting


def nothing_to_promote(cluster: Cluster, identity: Identity) -> Refusal:
    return Refusal(
        codes.MEMBER_NOT_FOUND,
        f"cannot promote {identity}: it is not a member",
        f"Register it first (state: present) and start it. Members: {_listing(cluster)}.",
        before=quorum_of(cluster),
    )


def voter_started(cluster: Cluster, target: Member) -> MaybeRefusal:
    if target.is_started:
        return None
    return Refusal(
        codes.MEMBER_UNSTARTED,
        f"the {target.label} has a vote but has not started yet",
        "Start etcd on its host with the environment that state: present returns, or remove it.",
        before=quorum_of(cluster),
    )


def learner_started(cluster: Cluster, target: Member) -> MaybeRefusal:
    if target.is_started:
        return None
    return Refusal(
        codes.LEARNER_NOT_STARTED,
        f"cannot promote the {target.label}: it has never started",
        "Start etcd on its host with the environment that state: present returns.",
        before=quorum_of(cluster),
    )


def learner_live(cluster: Cluster, target: Member) -> MaybeRefusal:
    """etcd promotes a learner that was in sync and has died since; with a voter down that ends the cluster."""
    found = diagnosis(cluster, target)
    if found and found.kind != LAGGING:
        words = found.words
    elif _is_behind(cluster, target) or target.member_id in cluster.live_learner_ids:
        return None
    else:
        words = "answers, but its raft index does not move: it is cut off from the leader"
    return Refusal(
        codes.LEARNER_NOT_LIVE,
        f"cannot promote {target.label}: it {words}",
        "Start it again, or look at its log and at the network to its peer URLs {}.".format(
            ", ".join(target.peer_urls)
        ),
        before=quorum_of(cluster),
    )


def learner_ready(cluster: Cluster, target: Member) -> MaybeRefusal:
    status = cluster.status_of(target.member_id)
    if status is None or not _is_behind(cluster, target):
        return None
    newest = raft_index_of_leader(cluster)
    return Refusal(
        codes.LEARNER_NOT_READY,
        f"cannot promote {target.label}: it is catching up, {status.raft_index} of {newest} raft entries "
        f"({100 * status.raft_index // newest} per cent)",
        "Wait until it has caught up; raise wait_timeout where its database is large.",
        before=quorum_of(cluster),
    )


def _is_behind(cluster: Cluster, learner: Member) -> bool:
    status = cluster.status_of(learner.member_id)
    return status is not None and lag_of(cluster, status) > READY_LAG


def leader_reachable_for_promotion(cluster: Cluster, target: Member) -> MaybeRefusal:
    old = versions.affected(versions.PROMOTE_NEEDS_LEADER_WITH_AUTH, cluster.versions) if cluster.authenticated else ()
    if not old or cluster.status_of(cluster.leader_id):
        return None
    leader = cluster.leader.label if cluster.leader else hex_id(cluster.leader_id)
    return Refusal(
        codes.VERSION_BUG,
        "cannot promote {}: the leader {} does not answer at the endpoints, and on etcd {} {}".format(
            target.label, leader, ", ".join(old), versions.PROMOTE_NEEDS_LEADER_WITH_AUTH.summary
        ),
        "Give the leader's client URL among the endpoints, or upgrade to etcd "
        f"{versions.PROMOTE_NEEDS_LEADER_WITH_AUTH.fixed_releases}.",
    )


def promotion_keeps_quorum(cluster: Cluster, step: Step, target: Member) -> MaybeRefusal:
    before = quorum_of(cluster)
    proven = is_healthy(cluster, target) and target.member_id in cluster.live_learner_ids
    after = Quorum(before.voters + 1, before.healthy + (1 if proven else 0))
    if after.holds:
        return None
    return would_lose_quorum(
        cluster,
        step,
        after,
        why="" if proven else "a learner that is not proven to be live counts as down",
        otherwise=f"Start {target.label} again, or look at the network to its peer URLs.",
    )


# Removing


def not_the_last(cluster: Cluster, target: Member) -> MaybeRefusal:
    if target.is_learner or len(cluster.voters) > 1:
        return None
    return Refusal(
        codes.LAST_MEMBER,
        f"cannot remove {target.label}: it is the only voter, and its removal would end the cluster",
        "Add and promote another member first. To end the cluster, stop etcd and delete its data directory.",
        before=quorum_of(cluster),
        after=Quorum(0, 0),
    )


def removal_keeps_quorum(cluster: Cluster, step: Step, target: Member) -> MaybeRefusal:
    if target.is_learner:
        return None
    after = quorum_of(project(cluster, step))
    return None if after.holds else would_lose_quorum(cluster, step, after)


def removal_keeps_tolerance(cluster: Cluster, step: Step, target: Member, minimum: int) -> MaybeRefusal:
    """Only the removal of a healthy voter can be refused for the tolerance that it leaves: without a dead one it never
    gets smaller.
    """
    before, after = quorum_of(cluster), quorum_of(project(cluster, step))
    if target.is_learner or not is_healthy(cluster, target) or after.fault_tolerance >= minimum:
        return None
    return Refusal(
        codes.BELOW_MIN_FAULT_TOLERANCE,
        f"cannot {step}: {after.healthy} healthy of {after.voters} voters would tolerate {after.fault_tolerance} "
        f"failures, and min_fault_tolerance is {minimum}",
        "Add a member first, or lower min_fault_tolerance.",
        before=before,
        after=after,
    )


# Words


def _listing(cluster: Cluster) -> str:
    return ", ".join(f"{member.label} ({hex_id(member.member_id)})" for member in cluster.members)
