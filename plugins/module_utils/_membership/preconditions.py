# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Whether a cluster is one, and can be changed at all: asked before every plan, so apart from the checks of the
changes.
"""

from __future__ import annotations

from . import refusal as codes
from .model import Cluster, hex_id
from .quorum import quorum_of
from .refusal import Refusal


def can_be_changed(cluster: Cluster) -> Refusal | None:
    """Whether the cluster can be changed at all: it is one, and it has a quorum."""
    if cluster.foreign_cluster_ids:
        ids = ", ".join(hex_id(number) for number in (cluster.cluster_id, *cluster.foreign_cluster_ids))
        return Refusal(
            codes.CLUSTER_ID_MISMATCH,
            f"the endpoints belong to different clusters: {ids}",
            "Give only endpoints of the cluster that is to be changed.",
        )
    if cluster.rival_leader_ids:
        ids = ", ".join(hex_id(number) for number in cluster.rival_leader_ids)
        return Refusal(
            codes.SPLIT_BRAIN,
            f"the cluster {hex_id(cluster.cluster_id)} is split in two halves, which both accept writes; their "
            f"leaders are {ids}",
            "Stop the half that you give up, delete its data directories, and add its members again one at a time.",
        )
    return _quorum_present(cluster)


def _quorum_present(cluster: Cluster) -> Refusal | None:
    quorum = quorum_of(cluster)
    if cluster.has_quorum and cluster.leader_id:
        return None
    answering = sum(1 for voter in cluster.voters if cluster.status_of(voter.member_id))
    if answering >= quorum.size:
        return Refusal(
            codes.NO_QUORUM,
            f"the cluster has no leader that a quorum follows, although {answering} of {quorum.voters} voters answer",
            "Look at the members' logs and at the network between their peer URLs.",
            before=quorum,
        )
    # Only here: most clusters have a quorum, and every import is paid at each task.
    from .quorum_refusals import unhealthy_words  # pylint: disable=import-outside-toplevel

    return Refusal(
        codes.NO_QUORUM,
        f"the cluster has lost its quorum: {answering} of {quorum.voters} voters answer, {quorum.size} are needed "
        f"({unhealthy_words(cluster)})",
        "Start the stopped members again. If they are lost for good, recover from a snapshot or from one "
        "survivor (--force-new-cluster); nothing else helps.",
        before=quorum,
    )
