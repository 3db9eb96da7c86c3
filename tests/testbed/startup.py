# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``ETCD_*`` variables that a member of a test cluster starts with; flags are not used at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .backend import Host
    from .certificates import Certificates
    from .cluster import Cluster
    from .member import Member

FAST_TIMING = {"ETCD_HEARTBEAT_INTERVAL": "50", "ETCD_ELECTION_TIMEOUT": "300"}
"""Milliseconds. At a tenth of etcd's own timing three idle members take a fifth of a processor, and busy machines
depose leaders.
"""
CHEAPEST_BCRYPT = "4"


def variables(settings: Mapping[str, object]) -> dict[str, str]:
    """Settings as etcd reads them: ``strict_reconfig_check=False`` is ``ETCD_STRICT_RECONFIG_CHECK=false``."""
    return {
        f"ETCD_{name.upper()}": str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in settings.items()
    }


def environment_of(cluster: Cluster, member: Member, host: Host) -> dict[str, str]:
    """All but who it is: addresses, disk, timing, certificates, and the cluster's further settings."""
    environment = {
        "ETCD_DATA_DIR": host.data_dir,
        "ETCD_LISTEN_PEER_URLS": host.peer_listen.url(cluster.scheme),
        "ETCD_LISTEN_CLIENT_URLS": host.client_listen.url(cluster.scheme),
        "ETCD_INITIAL_ADVERTISE_PEER_URLS": member.peer_url,
        "ETCD_ADVERTISE_CLIENT_URLS": member.client_url,
        "ETCD_STRICT_RECONFIG_CHECK": str(cluster.state.strict).lower(),
    }
    if cluster.minor != "3.3":
        environment["ETCD_LOGGER"] = "zap"
    learners = cluster.state.learners + cluster.state.unstarted_learners
    if learners > 1:
        environment["ETCD_MAX_LEARNERS"] = str(learners)
    if cluster.state.timing == "fast":
        environment.update(FAST_TIMING)
    if cluster.state.auth:
        environment["ETCD_BCRYPT_COST"] = CHEAPEST_BCRYPT
    if cluster.client_certificates:
        environment.update(_of_tls(cluster.client_certificates, host))
    return {**environment, **variables(cluster.settings)}


def identity_of(cluster: Cluster, member: Member) -> dict[str, str]:
    """Who a registered, not yet started member is, from the live list."""
    ours = {known.peer_url: known.name for known in cluster.members}
    entries = [
        f"{record['name'] or ours.get(url, hex(record['ID']))}={url}"
        for record in cluster.member_list()
        for url in record["peerURLs"]
    ]
    return {
        "ETCD_NAME": member.name,
        "ETCD_INITIAL_CLUSTER": ",".join(entries),
        "ETCD_INITIAL_CLUSTER_STATE": "existing",
    }


def _of_tls(files: Certificates, host: Host) -> dict[str, str]:
    settings = {
        "CERT_FILE": host.sees(files.server),
        "KEY_FILE": host.sees(files.server_key),
        "TRUSTED_CA_FILE": host.sees(files.ca),
        "CLIENT_CERT_AUTH": "true",
    }
    return {f"ETCD_{side}{name}": value for side in ("", "PEER_") for name, value in settings.items()}
