# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_host_lease: from its parameters to its return values."""

from __future__ import annotations

import re
import typing as t

from .._membership import run_lease
from .._membership.refusal import Refusal
from .._membership.run_lease import Holder, Instant, Lease, holder_data, holder_of
from .._operations.lease_file import Decision, LeaseProblem, change

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

_TEXT = {"type": "str", "required": True}
OPTIONS: dict[str, t.Any] = {
    "name": _TEXT,
    "state": {"type": "str", "choices": ["present", "renewed", "absent"], "default": "present"},
    "ttl": {"type": "float", "default": 420.0},
    "wait_timeout": {"type": "float", "default": 0.0},
    "directory": {"type": "path", "default": "/run/quorum-etcd"},
    "last": {"type": "dict", "default": {}},
    "dead_run": {"type": "str", "default": ""},
    "holder": {
        "type": "dict",
        "options": {
            "run_id": _TEXT,
            "host": _TEXT,
            "user": _TEXT,
            "playbook": _TEXT,
            "play": _TEXT,
            "since": _TEXT,
            "process": {"type": "int", "required": True},
            "process_start": _TEXT,
            "boot_id": _TEXT,
            "pid_namespace": _TEXT,
        },
    },
}


def settle_lease(module: AnsibleModule) -> None:
    """Exits with whose the lease is, or fails with the run that holds it."""
    params = module.params
    holders: list[Holder] = []

    def decide(found: Lease | None, now: Instant) -> Decision:
        if found:
            holders.append(found.holder)
        return _decided(params, holder_of(params["holder"]), found, now)

    try:
        _check(params)
        decision = change(params["directory"], params["name"], decide, module.check_mode)
    except LeaseProblem as problem:
        module.fail_json(msg=f"{problem}.")
    if isinstance(decision, Refusal):
        module.fail_json(
            msg=f"Refused ({decision.code}): {decision.message}. {decision.next_step}",
            refusal=_refusal_data(decision),
            holder=holder_data(holders[0]),
        )
    elif decision is None or decision.is_released:
        module.exit_json(changed=False, holder=None)
    else:
        module.exit_json(changed=False, holder=holder_data(decision.holder))


def _refusal_data(refusal: Refusal) -> dict[str, t.Any]:
    """As `report` has it, which would bring half of the core to a task that a run waits for before each move."""
    return {
        "code": refusal.code,
        "message": refusal.message,
        "arithmetic": {"before": None, "after": None},
        "next_step": refusal.next_step,
    }


def _decided(params: t.Mapping[str, t.Any], wanted: Holder, found: Lease | None, now: Instant) -> Decision:
    if params["state"] == "absent":
        return run_lease.release(found, wanted)
    if params["state"] == "renewed":
        return run_lease.renew(found, wanted, params["ttl"], now)
    return run_lease.take(found, wanted, params["ttl"], now, params["dead_run"])


def _check(params: t.Mapping[str, t.Any]) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_@:][A-Za-z0-9_@:.\\-]*", params["name"]):
        raise LeaseProblem(
            f"{params['name']!r} is not the name of a unit. Give the name of the systemd unit, such as etcd"
        )
    if not 1 <= params["ttl"] < float("inf"):
        raise LeaseProblem(f"ttl is {params['ttl']:g}: it has to be a number of at least 1")
    if params["holder"] is None:
        raise LeaseProblem(
            "holder is missing. The action plugin of this module sets it: run the module in a playbook, as "
            "quorum.etcd.etcd_host_lease"
        )
