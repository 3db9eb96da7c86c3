# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_ca_info: from its parameters to its return values."""

from __future__ import annotations

import os
import typing as t

from .._operations.files import text_of

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

_SUFFIX = ".crt"


def read_ca_certificates(module: AnsibleModule) -> None:
    """Exits with the certificates in a directory and in those right below it, or fails where one cannot be read."""
    try:
        module.exit_json(changed=False, certificates=_certificates(module.params["path"]))
    except OSError as error:
        module.fail_json(msg="%s cannot be read: %s. Run this as a user who may read it." % (error.filename, error.strerror))


def _certificates(path: str) -> dict[str, str | None]:
    folders = ["", *sorted(entry for entry in _entries(path) if os.path.isdir(os.path.join(path, entry)))]
    names = [os.path.join(folder, name) for folder in folders for name in sorted(_entries(os.path.join(path, folder))) if name.endswith(_SUFFIX)]
    return {name[: -len(_SUFFIX)]: text_of(os.path.join(path, name)) for name in names}


def _entries(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except FileNotFoundError:
        return []
