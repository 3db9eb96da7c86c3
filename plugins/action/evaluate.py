# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.unsafe_proxy import wrap_var

# What the filters of the role import. Ansible loads an action where it starts its workers, so none of them has to.
from ansible_collections.quorum.etcd.plugins.module_utils._membership import (  # noqa: F401 pylint: disable=unused-import
    environment,
    role_options,
)

ARGUMENTS = {
    "variables": {"type": "list", "elements": "str", "required": True},
    "problems": {"type": "str", "required": True},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """Evaluates each variable once. Ansible would evaluate one, and all that it is made of, each time it is named."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _valid, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        variables = {**(task_vars or {}), "ansible_search_path": self._task.get_search_path()}
        values: dict[str, t.Any] = {}
        for name in arguments["variables"]:
            # Where it is needed after all, it is evaluated there, and that fails with the same words.
            with contextlib.suppress(AnsibleError):
                variables[name] = values[name] = wrap_var(self._evaluated(name, variables))
        problems = self._evaluated(arguments["problems"], variables)
        if problems:
            return {**result, "failed": True, "msg": "\n".join(problems)}
        return {**result, "changed": False, "evaluated": values, "_ansible_verbose_override": True}

    def _evaluated(self, name: str, variables: dict[str, t.Any]) -> t.Any:
        if name not in variables:
            raise AnsibleError(f"There is no variable {name}.")
        return self._templar.copy_with_new_env(available_variables=variables).template(variables[name])
