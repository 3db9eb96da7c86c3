# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_ca_info: from its parameters to its return values."""

from __future__ import annotations

import os
import typing as t

from .._membership.certificates import CA_PATHS, CAS, CaState, given_cas, private_cas
from .._operations.file_facts import text_of

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Result = t.Dict[str, t.Any]

ARGUMENTS: dict[str, t.Any] = {
    "path": {"type": "path"},
    "files": {
        "type": "dict",
        "options": {"ca": {"type": "path", "required": True}, "peer_ca": {"type": "path", "required": True}},
    },
}


def describe_cas(module: AnsibleModule) -> None:
    """Exits with the CAs as they are, or fails where a certificate cannot be read."""
    folder, files = module.params["path"], module.params["files"]
    paths = (
        {name: files[name.replace("-", "_")] for name in CAS}
        if files
        else {name: os.path.join(folder, name + ".crt") for name in CA_PATHS}
    )
    try:
        found = {name: text_of(path) for name, path in paths.items()}
    except OSError as error:
        module.fail_json(msg=f"{error.filename} cannot be read: {error.strerror}. Run this as a user who may read it.")
    absent = [paths[name] for name in CAS if files and found[name] is None]
    if absent:
        verb = "does" if len(absent) == 1 else "do"
        module.fail_json(msg=f"{' and '.join(absent)} {verb} not exist. Give the files of the CAs to trust.")
    certificates = {name: text for name, text in found.items() if text is not None}
    module.exit_json(
        changed=False,
        **_data(given_cas(certificates) if files else private_cas(certificates)),
        certificates=certificates,
    )


def _data(ca: CaState) -> Result:
    return {
        "exists": ca.exists,
        "stage": ca.stage,
        "bundles": {name: ca.bundle(name) for name in CAS},
        "signers": dict(ca.signers),
        "signing": dict(ca.signing),
        "trust_mark": ca.trust_mark,
    }
