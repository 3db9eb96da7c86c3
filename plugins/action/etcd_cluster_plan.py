# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

# Strategies that run `run_once` on every host (ansible-core lib/ansible/plugins/strategy/free.py).
WITHOUT_RUN_ONCE = ("free", "host_pinned")


class ActionModule(ActionBase):  # type: ignore[misc]
    """Runs the module, unless the play would make each of its hosts carry out a plan of its own."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        strategy = str(self._task.get_play().strategy)
        if self._task.run_once and strategy.rpartition(".")[2] in WITHOUT_RUN_ONCE:
            return {**result, "failed": True, "msg": _refusal(strategy)}
        planned = self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val)
        # Of a plan that is refused nothing is shown as a difference.
        if planned.get("failed") and planned.get("text"):
            Display().display(planned["text"])
        return {**result, **planned}


def _refusal(strategy: str) -> str:
    return (
        f"The play runs with strategy {strategy}, which runs each task on every host, also one with run_once. Each "
        "host would then make the moves of the whole group. Set strategy: linear for this play, or in ansible.cfg."
    )
