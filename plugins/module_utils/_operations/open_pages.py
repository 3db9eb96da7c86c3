# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Asking several members at once for what they tell without a login."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._client.errors import EtcdError
from .._client.open_pages import open_figures, open_health
from .._membership.model import Cluster, FeatureGates, OpenFigures, OpenHealth, Status
from .in_parallel import in_parallel

if t.TYPE_CHECKING:
    from .endpoint_pool import EndpointPool


def healths(pool: EndpointPool, failures: t.Mapping[str, EtcdError]) -> tuple[OpenHealth, ...]:
    """What the endpoints tell that could not be asked for their status, and why those tell nothing that are silent.

    Takes at most one request time-out.
    """
    connection, limit = pool.connection, pool.connection.request_timeout

    def ask(url: str) -> OpenHealth:
        try:
            return open_health(url, connection, limit)
        except EtcdError as error:
            return OpenHealth(url, silence=error.message)

    lacking = [url for url, error in failures.items() if error.lacks_token]
    found = in_parallel(lacking, ask, limit)
    return tuple(found.get(url) or OpenHealth(url, silence=error.message) for url, error in failures.items())


def with_figures(pool: EndpointPool, cluster: Cluster) -> Cluster:
    """The cluster with its version, and with the quota and feature gates of every member that answered; without what
    cannot be had. Takes at most one request time-out.
    """
    connection, limit = pool.connection, pool.connection.request_timeout

    def ask(url: str) -> OpenFigures:
        try:
            return open_figures(url, connection, limit)
        except EtcdError:
            return OpenFigures()

    asked = in_parallel(list(pool.found), ask, limit)
    by_member = {pool.found[url]: figures for url, figures in asked.items()}
    ranked = sorted(by_member, key=lambda member_id: member_id != cluster.leader_id)
    return replace(
        cluster,
        cluster_version=next((by_member[one].cluster_version for one in ranked if by_member[one].cluster_version), ""),
        statuses=tuple(_with_quota(status, by_member.get(status.member_id)) for status in cluster.statuses),
        feature_gates=tuple(
            FeatureGates(member_id, figures.feature_gates)
            for member_id, figures in by_member.items()
            if figures.feature_gates is not None
        ),
    )


def _with_quota(status: Status, figures: OpenFigures | None) -> Status:
    """Before 3.6 the status does not name the quota."""
    return status if figures is None or status.db_size_quota else replace(status, db_size_quota=figures.quota)
