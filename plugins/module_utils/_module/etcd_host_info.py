# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_host_info: what a host holds of etcd, from its parameters to its return values."""

from __future__ import annotations

import os
import time
import typing as t

from .._membership.environment import environment_of
from .._membership.model import hex_id
from .._operations.data_dir import examine, holds_log, log_directory
from .._operations.file_facts import Wanted, certificate_due, checksum, expiring, is_usable, text_of
from .._operations.raft_files import examine_raft_files
from .._operations.service import (
    Places,
    Runner,
    can_sandbox,
    find_service,
    marks,
    outdated,
    places_in,
    places_of,
    release_of,
    variables_in,
)
from .._operations.system_facts import has_group, has_user, packages_not_held

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Result = t.Dict[str, t.Any]

CERTIFICATES: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path", "required": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "renew_before_days": {"type": "float", "default": 30.0},
    "key": {"type": "path", "no_log": False},
    "ca": {"type": "str"},
    "given": {"type": "str"},
    "given_key": {"type": "str", "no_log": False},
}


def runner_of(module: AnsibleModule) -> Runner:
    """Runs commands as the module does; a program that is not there has the exit code that a shell gives it."""

    def run(command: list[str]) -> tuple[int, str, str]:
        try:
            return module.run_command(command, handle_exceptions=False)  # type: ignore[no-any-return]
        except OSError as error:
            return 127, "", str(error)

    return run


def describe_host(params: t.Mapping[str, t.Any], run: Runner) -> Result:
    """The host as it is."""
    service = find_service(run, params["service"])
    told = variables_in(params["first_start_file"]) if params["first_start_file"] else {}
    # The program of this release is what a restart starts, whatever runs now.
    release = release_of(run, params["program"])
    wanted = {**environment_of(params["settings"], release), **params["environment"]}
    return {
        "changed": False,
        "host": {
            "name": params["name"],
            "peer_urls": params["peer_urls"],
            "client_urls": params["client_urls"],
            "data_dir": _data_dir(params["data_dir"], params["wal_dir"] or ""),
            "running": bool(service.pid),
            "outdated": outdated(service.pid, wanted) if service.pid else [],
            "first_start": _first_start(told),
            "past": _past(params, service.pid),
            "release": release or None,
            "raft_files": _raft_files(params) if params["raft_files"] else None,
        },
        "service": {
            "known": service.is_known,
            "enabled": service.is_enabled,
            "state": service.state,
            "need_daemon_reload": service.needs_reload,
            "sandboxing": can_sandbox(),
            "marks": marks(service.pid) if service.pid else {},
        },
        "system": {
            "user": bool(params["system_user"]) and has_user(params["system_user"]),
            "group": bool(params["system_group"]) and has_group(params["system_group"]),
            "not_held": packages_not_held(run, params["packages"]),
        },
        "version": release or None,
        "files": {path: checksum(path) for path in params["files"]},
        "contents": {path: text_of(path) for path in params["read"]},
        "certificates": [_certificate(wanted) for wanted in params["certificates"]],
        "expiring": [one for path in params["expiry_files"] for one in _expiring(params, path)],
    }


def _certificate(one: t.Mapping[str, t.Any]) -> Result:
    wanted = Wanted(
        names=tuple(one["names"]),
        renew_before_days=one["renew_before_days"],
        key=one["key"] or "",
        ca=one["ca"] or "",
        given=one["given"] or "",
        given_key=one["given_key"] or "",
    )
    due = certificate_due(one["path"], wanted, time.time())
    return {
        "path": one["path"],
        "due": due or None,
        "given": one["given"],
        "usable": is_usable(one["path"], wanted.key),
    }


def _expiring(params: t.Mapping[str, t.Any], path: str) -> list[Result]:
    return [
        {"path": path, "ca": one.is_ca, "common_name": one.common_name, "days": one.days}
        for one in expiring(params["name"], path, params["expires_within_days"], time.time())
    ]


def _past(params: t.Mapping[str, t.Any], pid: int) -> Result:
    """What shows that the host was configured as a member before."""
    told = places_in(variables_in(params["settings_file"])) if params["settings_file"] else Places()
    process = places_of(pid) if pid else Places()
    return {
        "files": [path for path in params["member_files"] if os.path.exists(path)],
        "data_dir": told.data_dir or None,
        "process_data_dir": process.data_dir or None,
        "holds_data": bool(told.data_dir) and not examine(told.data_dir).is_vacant,
        "wal_dir": told.wal_dir or None,
        "process_wal_dir": process.wal_dir or None,
        "holds_log": bool(told.wal_dir) and holds_log(told.wal_dir),
        "unfinished": bool(params["unfinished_file"]) and os.path.exists(params["unfinished_file"]),
    }


def _data_dir(path: str, wal_dir: str) -> Result:
    found = examine(path, wal_dir)
    return {
        "path": os.path.normpath(path),
        "wal_dir": log_directory(path, wal_dir),
        "state": found.state,
        "member_id": hex_id(found.member_id) if found.member_id else None,
        "cluster_id": hex_id(found.cluster_id) if found.cluster_id else None,
        "reason": found.reason or None,
    }


def _raft_files(params: t.Mapping[str, t.Any]) -> Result:
    found = examine_raft_files(params["data_dir"], params["wal_dir"] or "")
    return {
        "snapshot_index": found.snapshot_index,
        "last_v2_request_index": found.last_v2_request_index,
        "last_v2_read_index": found.last_v2_read_index,
        "v2_keys": list(found.v2_keys),
        "last_index": found.last_index,
        "reason": found.reason or None,
    }


def _first_start(told: t.Mapping[str, str]) -> Result | None:
    if "ETCD_INITIAL_CLUSTER" not in told:
        return None
    return {"initial_cluster": told["ETCD_INITIAL_CLUSTER"], "state": told.get("ETCD_INITIAL_CLUSTER_STATE", "")}
