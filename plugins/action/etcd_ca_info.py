# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader, module_loader

COLLECTION = "community.crypto"
SIGNS = f"{COLLECTION}.x509_certificate_pipe"


class ActionModule(ActionBase):  # type: ignore[misc]
    """Runs the module, with what only the controller can tell: whether it has the collection that signs, and what is in
    keys that are encrypted with ansible-vault.
    """

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        found = self._execute_module(task_vars=task_vars)
        vaulted = [name for name, protection in found.get("keys", {}).items() if protection == "vault"]
        if vaulted and self._connection.transport == "local":
            # Without the password of the vault the module says what is missing.
            with contextlib.suppress(AnsibleError):
                decrypted = {name: self._decrypted(name, task_vars) for name in vaulted}
                arguments = {**self._task.args, "decrypted_keys": decrypted}
                found = self._execute_module(module_args=arguments, task_vars=task_vars)
        is_private = self._task.args.get("path") and "problems" in found
        if is_private and not module_loader.find_plugin_with_context(SIGNS).resolved:
            found["problems"].insert(0, _WITHOUT_COLLECTION)
        return {**result, **found}

    def _decrypted(self, name: str, task_vars: dict[str, t.Any] | None) -> str:
        """The contents of a key, in memory alone."""
        file = os.path.join(self._task.args["path"], f"{name}.key")
        lookup = lookup_loader.get("ansible.builtin.file", loader=self._loader, templar=self._templar)
        (text,) = lookup.run([file], variables=task_vars, rstrip=False)
        return str(text)


_WITHOUT_COLLECTION = (
    f"The controller lacks the collection {COLLECTION}, which signs certificates. Install it: ansible-galaxy "
    f"collection install {COLLECTION}."
)
