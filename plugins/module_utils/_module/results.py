# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The one place where results and errors become what a module prints."""

from __future__ import annotations

import typing as t

from .._client.addresses import InvalidEndpoint
from .._client.errors import NOT_ETCD, PUBLIC_CODES, SERVER_ERROR, EtcdError
from .._membership.model import hex_id
from .._membership.report import cluster_data, finding_data, health_data, refusal_data, step_data
from .._operations.exceptions import ApplyFailed, Freed, Refused, Wait
from .arguments import out_of_range

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from .._membership.refusal import Refusal

Result = t.Dict[str, t.Any]


def run_module(module: AnsibleModule, operation: t.Callable[[], Result]) -> None:
    """Runs the operation and exits with its result, or fails with a message, a code and the next step; never with a
    traceback.
    """
    problem = out_of_range(module.params)
    if problem:
        module.fail_json(msg=problem, changed=False, done=[])
    try:
        result = operation()
    except ApplyFailed as stop:
        module.fail_json(**failure(stop.cause), **circumstances(stop))
    except (Refused, EtcdError, InvalidEndpoint) as cause:
        module.fail_json(**failure(cause), changed=False, done=[])
    except Exception as fault:  # noqa: BLE001  # pylint: disable=broad-except  # no traceback reaches a user
        module.fail_json(
            **failure(
                EtcdError(SERVER_ERROR, f"a fault of this module ({type(fault).__name__}: {fault})", next_step=_REPORT)
            )
        )
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)


_REPORT = "Please report it with the task and the etcd releases in use; look at the member list before running again."


def failure(cause: Exception) -> Result:
    """`msg`, and `refusal` or `error`, of what went wrong."""
    if isinstance(cause, Refused):
        refusal = cause.refusal
        return {
            "msg": f"Refused ({refusal.code}): {refusal.message}. {refusal.next_step}",
            "refusal": refusal_data(refusal),
            **(_checks(refusal) if refusal.findings else {}),
            **({"endpoints": [health_data(health) for health in cause.healths]} if cause.healths else {}),
        }
    if isinstance(cause, InvalidEndpoint):
        cause = EtcdError(NOT_ETCD, str(cause))
    error = t.cast(EtcdError, cause)
    code = error.code if error.code in PUBLIC_CODES else SERVER_ERROR
    next_step = error.next_step or _NEXT_STEPS[code]
    return {
        "msg": f"{error.message}. {next_step}",
        "error": {"code": code, "message": error.message, "next_step": next_step},
    }


def _checks(refusal: Refusal) -> Result:
    # Only here: most modules check nothing of a host.
    from .._membership.check_table import checks_text  # pylint: disable=import-outside-toplevel

    return {"checks": [finding_data(one) for one in refusal.findings], "text": checks_text(refusal.findings)}


def circumstances(stop: ApplyFailed) -> Result:
    """What was done before the stop, what was waited for, and the cluster as it was last seen."""
    seen = cluster_data(stop.cluster) if stop.cluster else {}
    return {
        "changed": bool(stop.done),
        "done": [step_data(step) for step in stop.done],
        "waits": waits_data(stop.waits),
        **({"defragmented": freed_data(stop.freed)} if stop.freed else {}),
        **seen,
    }


def freed_data(freed: tuple[Freed, ...]) -> list[Result]:
    return [
        {
            "id": hex_id(one.member_id),
            "name": one.name,
            "before": one.before,
            "after": one.after,
            "freed": one.before - one.after,
            "seconds": one.seconds,
        }
        for one in freed
    ]


def waits_data(waits: tuple[Wait, ...]) -> list[Result]:
    return [{"code": wait.code, "message": wait.message, "seconds": wait.seconds} for wait in waits]


_NEXT_STEPS = {
    "connection_refused": "Check that etcd runs there and that the endpoints are its client URLs.",
    "timeout": (
        "Check the network to the endpoints and the members' logs, or raise request_timeout; then run this again."
    ),
    "tls_error": "Check ca_cert, client_cert, client_key and whether the endpoint speaks https.",
    "auth_required": "Give username and password of an etcd user with the role root.",
    "auth_failed": "Check username and password.",
    "permission_denied": "Use an etcd user with the role root.",
    "not_etcd": "Check the endpoints: they have to be client URLs of etcd members.",
    "transport_unavailable": "Choose another transport, or install what it needs.",
    "server_error": "Look at the log of the member that answered, then run this again.",
}
