# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_cluster_plan: hosts and consents from its parameters, and the decision as its return values."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._membership.deployment import BOOTSTRAP, RESTART, WIPE, Deployment, deploy, serve_both
from .._membership.deployment_text import DueCertificate, plan_text
from .._membership.downgrade_plan import downgrade
from .._membership.hosts import Consents, DataDir, FirstStart, Host, Past, RaftFiles
from .._membership.masking import is_masked, masked_result
from .._membership.model import Cluster, hex_id
from .._membership.move import DOWNGRADE
from .._membership.quorum import is_healthy_cluster
from .._membership.report import cluster_data, finding_data, member_data, move_data
from .._membership.upgrade import UPGRADE, upgrade
from .._operations.deployment import Decision, Planner, decide
from .._operations.endpoint_pool import EndpointPool
from .._operations.exceptions import Refused
from .arguments import connection_of
from .identity_options import peer_urls_of
from .results import Result

_STATES = ["absent", "empty", "data", "incomplete", "unreadable"]

HOSTS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "peer_urls": {"type": "list", "elements": "str", "required": True},
    "client_urls": {"type": "list", "elements": "str", "default": []},
    "data_dir": {
        "type": "dict",
        "required": True,
        "options": {
            "path": {"type": "str"},
            "wal_dir": {"type": "str"},
            "state": {"type": "str", "choices": _STATES, "required": True},
            "member_id": {"type": "str"},
            "cluster_id": {"type": "str"},
            "reason": {"type": "str"},
        },
    },
    "running": {"type": "bool", "required": True},
    "outdated": {"type": "list", "elements": "str", "default": []},
    "past": {
        "type": "dict",
        "options": {
            "files": {"type": "list", "elements": "str", "default": []},
            "data_dir": {"type": "str"},
            "process_data_dir": {"type": "str"},
            "holds_data": {"type": "bool", "default": False},
            "wal_dir": {"type": "str"},
            "process_wal_dir": {"type": "str"},
            "holds_log": {"type": "bool", "default": False},
            "unfinished": {"type": "bool", "default": False},
        },
    },
    "raft_files": {
        "type": "dict",
        "options": {
            "snapshot_index": {"type": "int", "default": 0},
            "last_v2_request_index": {"type": "int", "default": 0},
            "last_v2_read_index": {"type": "int", "default": 0},
            "v2_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "last_index": {"type": "int", "default": 0},
            "reason": {"type": "str"},
        },
    },
    "release": {"type": "str"},
    "first_start": {
        "type": "dict",
        "options": {"initial_cluster": {"type": "str", "required": True}, "state": {"type": "str", "required": True}},
    },
}

CERTIFICATES: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "file": {"type": "str", "required": True},
    "reason": {"type": "str", "required": True},
}


def plan_deployment(params: t.Mapping[str, t.Any]) -> Result:
    """What makes the hosts the cluster. Raises Refused, EtcdError, InvalidEndpoint."""
    hosts = tuple(host_of(one) for one in params["hosts"])
    connection = connection_of(params)
    known = tuple(url for host in params["hosts"] for url in host["client_urls"])
    with EndpointPool(replace(connection, endpoints=(*connection.endpoints, *known))) as pool:
        decision = decide(pool, planner_of(params, hosts), params["wait_timeout"])
    result = result_of(decision, hosts, [DueCertificate(**one) for one in params["certificates"]])
    _refuse_masked(result, params["password"] or "")
    return result


# What a playbook that carries out the plan reads. The rest is for people.
_READ = ("plan", "sequence", "bootstrap", "wipe", "start", "restart", "upgrade", "initial_cluster")
_READ_OF_MEMBERS = ("id", "name", "peer_urls", "client_urls")


def _refuse_masked(result: Result, password: str) -> None:
    """Raises Refused if Ansible would mask a part of what carries out the plan."""
    read = [result[name] for name in _READ]
    read += [member[name] for member in result["members"] for name in _READ_OF_MEMBERS]
    if is_masked(read, password):
        raise Refused(masked_result("cannot plan the cluster", "the plan"))


def planner_of(params: t.Mapping[str, t.Any], hosts: tuple[Host, ...]) -> Planner:
    """What decides: an upgrade or a downgrade where a release is asked for, else what makes the hosts the cluster."""
    accept = frozenset(params["accept"])
    if params["upgrade_to"] is not None:
        return lambda cluster: upgrade(cluster, hosts, params["upgrade_to"], accept, params["take_snapshots"])
    if params["downgrade_to"] is not None:
        return lambda cluster: downgrade(cluster, hosts, params["downgrade_to"], accept)
    consents = Consents(
        remove_unlisted=params["remove_unlisted"],
        wipe_stale_data=params["wipe_stale_data"],
        accept=accept,
        rebuild=params["rebuild"] or "",
        forget=params["forget"] or "",
        cluster_name=params["cluster_name"] or "",
    )
    decide_for = serve_both if params["serve_both"] else deploy
    return lambda cluster: decide_for(cluster, hosts, consents)


def host_of(found: t.Mapping[str, t.Any]) -> Host:
    """A host from what etcd_host_info returned of it. Raises Refused."""
    data, first = found["data_dir"], found["first_start"]
    return Host(
        name=found["name"],
        peer_urls=peer_urls_of(found["peer_urls"]),
        data_dir=DataDir(
            state=data["state"],
            member_id=_number(data["member_id"]),
            cluster_id=_number(data["cluster_id"]),
            reason=data["reason"] or "",
            path=data["path"] or "",
            wal_dir=data["wal_dir"] or "",
        ),
        is_running=found["running"],
        outdated=tuple(found["outdated"]),
        first_start=FirstStart(first["initial_cluster"], first["state"]) if first else None,
        past=_past(found["past"] or {}),
        raft_files=_raft_files(found["raft_files"]) if found["raft_files"] else None,
        release=found["release"] or "",
    )


def _raft_files(found: t.Mapping[str, t.Any]) -> RaftFiles:
    return RaftFiles(
        snapshot_index=found["snapshot_index"],
        last_v2_request_index=found["last_v2_request_index"],
        last_v2_read_index=found["last_v2_read_index"],
        v2_keys=tuple(found["v2_keys"]),
        last_index=found["last_index"],
        reason=found["reason"] or "",
    )


def _past(found: t.Mapping[str, t.Any]) -> Past:
    return Past(
        files=tuple(found.get("files") or ()),
        data_dir=found.get("data_dir") or "",
        process_data_dir=found.get("process_data_dir") or "",
        holds_data=bool(found.get("holds_data")),
        wal_dir=found.get("wal_dir") or "",
        process_wal_dir=found.get("process_wal_dir") or "",
        holds_log=bool(found.get("holds_log")),
        is_unfinished=bool(found.get("unfinished")),
    )


def _number(text: str | None) -> int:
    return int(text, 16) if text else 0


def result_of(decision: Decision, hosts: tuple[Host, ...], due: t.Sequence[DueCertificate]) -> Result:
    cluster, deployment = decision.cluster, decision.deployment
    text = plan_text(cluster, hosts, deployment, due)
    return {
        "changed": bool(deployment.moves or due),
        **(cluster_data(cluster) if cluster else {"cluster_id": None, "leader": None, "members": [], "quorum": None}),
        "healthy": cluster is not None and is_healthy_cluster(cluster),
        "plan": [move_data(move) for move in deployment.moves],
        "sequence": [move_data(move) for move in deployment.sequence],
        "bootstrap": _names(deployment, BOOTSTRAP),
        "wipe": _names(deployment, WIPE),
        "start": list(deployment.starts),
        "restart": _names(deployment, RESTART),
        "upgrade": _names(deployment, UPGRADE),
        "snapshots": [
            {"name": one.member.name, "entry": one.entry, "snapshot_count": one.snapshot_count}
            for one in deployment.snapshots
        ],
        "checks": [finding_data(one) for one in deployment.findings],
        "downgrade": _names(deployment, DOWNGRADE),
        "complete": deployment.is_complete,
        "initial_cluster": ",".join(sorted(f"{host.name}={url}" for host in hosts for url in host.peer_urls)),
        "unlisted": _unlisted(cluster, deployment),
        "text": text,
        "diff": {"prepared": text},
        "warnings": [
            *deployment.warnings,
            *(
                f"The member {member.label} ({hex_id(member.member_id)}) has no host in the group. "
                "Put its host into the group, or remove it."
                for member in deployment.unlisted
            ),
        ],
    }


def _names(deployment: Deployment, action: str) -> list[str]:
    return [move.name for move in deployment.moves if move.action == action]


def _unlisted(cluster: Cluster | None, deployment: Deployment) -> list[Result]:
    return [member_data(cluster, member) for member in deployment.unlisted] if cluster else []
