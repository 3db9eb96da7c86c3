# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Proving what a member list cannot show: that a new peer URL can be reached, and that a learner truly follows."""

from __future__ import annotations

import time
from dataclasses import replace

from .._client.errors import EtcdError
from .._membership.model import Cluster, Member, Probe, Status
from .endpoint_pool import EndpointPool
from .in_parallel import in_parallel

# A live learner applies an entry within a heartbeat or two; one that is cut off never does.
SECONDS_TO_FOLLOW = 1.5
_POLL_SECONDS = 0.02


def with_probes(pool: EndpointPool, cluster: Cluster, peer_urls: tuple[str, ...]) -> Cluster:
    """The cluster with one probe for each of these peer URLs, tried in parallel within one request time-out."""
    if not peer_urls:
        return cluster
    # only an update of a started member pays for it
    from .._client.peer_probe import probe_peer_url  # pylint: disable=import-outside-toplevel

    limit = pool.connection.request_timeout
    probes = in_parallel(
        peer_urls,
        lambda url: probe_peer_url(url, pool.connection, expected_cluster_id=cluster.cluster_id, timeout=limit),
        limit,
    )
    return replace(
        cluster,
        probes=tuple(probes.get(url, Probe(url, False, f"did not answer within {limit:g} s")) for url in peer_urls),
    )


def with_live_learner(pool: EndpointPool, cluster: Cluster, learner: Member) -> Cluster:
    """The cluster with the learner counted as live, if it follows a raft entry made now.

    On an idle cluster a learner that is cut off looks just like one in sync. Reading the alarms passes an entry through
    raft without touching the keyspace (etcd server/etcdserver/v3_server.go Alarm), and a live learner reaches its
    index.
    """
    leader = pool.voter_of(cluster)
    endpoint = pool.member(learner.member_id)
    if leader is None or endpoint is None:
        return cluster
    try:
        alarms = leader.alarms()
        newest = leader.status()
        status = endpoint.status()
        deadline = time.monotonic() + SECONDS_TO_FOLLOW
        while status.raft_index < newest.raft_index and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            status = endpoint.status()
    except EtcdError:
        return cluster
    followed = status.raft_index >= newest.raft_index and status.cluster_id == cluster.cluster_id
    live = (*cluster.live_learner_ids, learner.member_id) if followed else cluster.live_learner_ids
    return replace(
        cluster, alarms=alarms, live_learner_ids=live, statuses=_with(_with(cluster.statuses, newest), status)
    )


def _with(statuses: tuple[Status, ...], newer: Status) -> tuple[Status, ...]:
    return tuple(newer if status.member_id == newer.member_id else status for status in statuses)
