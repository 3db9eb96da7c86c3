# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_cluster_info: a look at the whole cluster, and the moves from here to a wanted membership."""

from __future__ import annotations

import time
import typing as t

from .._membership.concerns import concerns
from .._membership.join import EXISTING, initial_cluster, names_for_joining
from .._membership.model import Cluster, hex_id
from .._membership.quorum import is_healthy_cluster
from .._membership.releases import versions_data
from .._membership.report import cluster_data, in_order, member_status_data
from .._operations.endpoint_pool import EndpointPool
from .._operations.keyspace import KeyspaceComparison, compare_keyspaces
from .._operations.observe import observe
from .._operations.open_pages import with_figures
from .arguments import connection_of
from .results import Result

if t.TYPE_CHECKING:
    from .._membership.expiry import Expiring


def describe_cluster(params: t.Mapping[str, t.Any]) -> Result:
    """The cluster as it is. Raises EtcdError, InvalidEndpoint; Refused for desired members that cannot be ones, and
    where nobody can log in.
    """
    desired = params["desired_members"]
    wanted = None if desired is None else _wanted(desired)
    with EndpointPool(connection_of(params)) as pool:
        cluster = with_figures(pool, observe(pool))
        comparison = compare_keyspaces(pool, cluster) if params["hash"] else None
    return {
        "changed": False,
        **_picture(cluster, _expiring(params, cluster)),
        **({} if comparison is None else {"hash": _hash_data(comparison)}),
        **({} if wanted is None else _way_to(cluster, wanted)),
    }


def _expiring(params: t.Mapping[str, t.Any], cluster: Cluster) -> list[Expiring]:
    """The certificates of the connection, and those that the members serve at it."""
    within_days, connection, now = params["expires_within_days"], connection_of(params), time.time()
    urls = [
        (member.label, url)
        for member in cluster.members
        if cluster.status_of(member.member_id)
        for url in member.client_urls
        if url.startswith("https:")
    ]
    if not within_days or not (urls or connection.ca_cert):
        return []
    # Only here, as below: most tasks have no TLS, or are not asked about it.
    from .._operations.file_facts import expiring  # pylint: disable=import-outside-toplevel
    from .._operations.served_certificate import expiring_at  # pylint: disable=import-outside-toplevel

    identity = (connection.client_cert or "", connection.client_key or "", connection.request_timeout)
    files = [path for path in (connection.ca_cert, connection.client_cert) if path]
    return [
        *(one for path in files for one in expiring("this host", path, within_days, now)),
        *(one for name, url in urls for one in expiring_at(name, url, within_days, now, *identity)),
    ]


def _picture(cluster: Cluster, expiring: t.Sequence[Expiring]) -> Result:
    found = concerns(cluster, expiring)
    return {
        **cluster_data(cluster),
        "members": [member_status_data(cluster, member) for member in in_order(cluster)],
        "has_quorum": cluster.has_quorum,
        **versions_data(cluster),
        "healthy": is_healthy_cluster(cluster),
        "concerns": [{"code": concern.code, "message": concern.message} for concern in found],
        "warnings": [concern.message for concern in found],
        "initial_cluster": initial_cluster(cluster, names_for_joining(cluster)),
        "initial_cluster_state": EXISTING,
    }


def _hash_data(comparison: KeyspaceComparison) -> Result:
    return {
        "revision": comparison.revision,
        "consistent": comparison.is_consistent,
        "hashes": {hex_id(one.member_id): one.hash for one in comparison.hashes},
        "errors": {hex_id(number): error.message for number, error in comparison.failures.items()},
    }


def _wanted(desired: t.Sequence[t.Mapping[str, t.Any]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names and normalised peer URLs. Raises Refused."""
    # Only here, since every import is paid at each task, and most tasks ask for no way.
    from .identity_options import peer_urls_of  # pylint: disable=import-outside-toplevel

    return tuple((one["name"], peer_urls_of(one["peer_urls"])) for one in desired)


def _way_to(cluster: Cluster, wanted: tuple[tuple[str, tuple[str, ...]], ...]) -> Result:
    from .._membership.convergence import DesiredMember, moves  # pylint: disable=import-outside-toplevel
    from .._membership.report import move_data, refusal_data  # pylint: disable=import-outside-toplevel

    way = moves(cluster, tuple(DesiredMember(name, urls) for name, urls in wanted))
    blocked = next((move.refusal for move in way if move.refusal is not None), None)
    return {
        "plan": [move_data(move) for move in way if move.refusal is None],
        "refusal": refusal_data(blocked) if blocked else None,
    }
