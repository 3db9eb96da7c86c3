# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import time
import typing as t

from ansible import context
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import RUN_IN_PROGRESS
from ansible_collections.quorum.etcd.plugins.module_utils._membership.run_lease import holder_data, holder_of, is_fresh
from ansible_collections.quorum.etcd.plugins.module_utils._operations.controller import died_here, this_run

PAUSE = 3.0
# How often a run that waits says so.
SECONDS_OF_SILENCE = 30.0
# That of the module.
DEFAULT_TTL = 420.0

Result = t.Dict[str, t.Any]


class ActionModule(ActionBase):  # type: ignore[misc]
    """Tells the module which run this is, takes over from a dead one of this controller, and waits for a live one.

    A host whose lease this run has only just taken or renewed is not asked again.
    """

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        result = super().run(tmp, task_vars)
        host, last = self._host(task_vars or {}), self._task.args.pop("last", None) or {}
        if self._is_still_good(host, last):
            return {**result, "changed": False, "holder": last["holder"], "renewed": last["renewed"]}
        now = _now()
        took = self._take_or_wait(task_vars)
        renewed = {} if took.get("failed") or now is None else {"renewed": {"host": host, "at": now}}
        return {**result, **took, **renewed}

    def _host(self, task_vars: dict[str, t.Any]) -> str:
        return str(self._task.delegate_to or task_vars.get("inventory_hostname"))

    def _is_still_good(self, host: str, last: Result) -> bool:
        """Whether this run has the lease of this host by its last result, too recently for anybody to have taken it."""
        renewed, now = last.get("renewed"), _now()
        if self._task.check_mode or self._task.args.get("state") == "absent" or not renewed or now is None:
            return False
        ttl = float(self._task.args.get("ttl") or DEFAULT_TTL)
        return bool(last.get("holder")) and renewed["host"] == host and is_fresh(now - float(renewed["at"]), ttl)

    def _take_or_wait(self, task_vars: dict[str, t.Any] | None) -> Result:
        began = said = time.monotonic()
        while True:
            tried = self._try(task_vars)
            if self._task.check_mode and "refusal" in tried:
                return _as_warning(tried)
            if not _is_in_progress(tried):
                return tried
            now = time.monotonic()
            if now - began >= self._seconds_to_wait():
                return tried
            if said == began or now - said >= SECONDS_OF_SILENCE:
                said = now
                Display().display(self._waiting_words(tried, now - began))
            time.sleep(PAUSE)

    def _try(self, task_vars: dict[str, t.Any] | None) -> Result:
        play = self._task.get_play()
        # The parent of a worker is the process that runs the playbook, from the first play to the last.
        mine = this_run(os.getppid(), _playbook(), str(play.get_name()), str(play._uuid))
        arguments = {**self._task.args, "holder": holder_data(mine)}
        tried: Result = self._execute_module(module_args=arguments, task_vars=task_vars)
        if _is_in_progress(tried):
            other = holder_of(tried["holder"])
            if died_here(other, mine):
                arguments["dead_run"] = other.run_id
                tried = self._execute_module(module_args=arguments, task_vars=task_vars)
        return tried

    def _seconds_to_wait(self) -> float:
        return float(self._task.args.get("wait_timeout") or 0)

    def _waiting_words(self, tried: Result, seconds: float) -> str:
        return (
            f"Waiting for another run to end ({seconds:.0f} of at most {self._seconds_to_wait():.0f} s): "
            f"{holder_of(tried['holder'])}"
        )


def _now() -> float | None:
    """Seconds since the controller was booted, also while it slept; None where no clock tells that."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return None if clock is None else time.clock_gettime(clock)


def _playbook() -> str:
    """What the user has run: `ansible-playbook quorum.etcd.restart`."""
    return ", ".join(map(str, context.CLIARGS.get("args") or ())) or "a playbook"


def _is_in_progress(tried: Result) -> bool:
    return bool((tried.get("refusal") or {}).get("code") == RUN_IN_PROGRESS)


def _as_warning(tried: Result) -> Result:
    words = f"Another run is changing this cluster: {holder_of(tried['holder'])}."
    return {"changed": False, "holder": tried["holder"], "warnings": [words]}
