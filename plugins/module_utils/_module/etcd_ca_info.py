# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_ca_info: from its parameters to its return values."""

from __future__ import annotations

import os
import typing as t

from .._membership.ca_directory import is_vault, problems_of, warnings_of
from .._membership.certificates import CA_PATHS, CAS, CaState, given_cas, private_cas
from .._operations.ca_directory import access_to, observe_ca_directory
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
    "former_paths": {"type": "list", "elements": "path", "default": []},
    "passphrase": {"type": "str", "no_log": True},
    "decrypted_keys": {"type": "dict", "default": {}, "no_log": True},
}


class UnusableFiles(Exception):
    """Files are not there, or hold something else than certificates; the text says what to do."""


def describe_cas(module: AnsibleModule) -> None:
    """Exits with the CAs as they are, or fails where one of their files cannot be read."""
    try:
        result = _given(module.params["files"]) if module.params["files"] else _private(module.params)
    except OSError as error:
        module.fail_json(msg=f"{error.filename} cannot be read: {error.strerror}. Run this as a user who may read it.")
    except UnusableFiles as problem:
        module.fail_json(msg=str(problem))
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(changed=False, **result)


def _given(files: t.Mapping[str, str]) -> Result:
    paths = {name: files[name.replace("-", "_")] for name in CAS}
    certificates = _certificates(paths)
    absent = [path for name, path in paths.items() if name not in certificates]
    if absent:
        verb = "does" if len(absent) == 1 else "do"
        raise UnusableFiles(f"{' and '.join(absent)} {verb} not exist. Give the files of the CAs to trust.")
    return {**_data(given_cas(certificates)), "certificates": certificates, **_NO_DIRECTORY}


def _private(params: t.Mapping[str, t.Any]) -> Result:
    folder = params["path"]
    former = {path: _all_in(path) for path in params["former_paths"] if path != folder}
    certificates = _certificates({name: os.path.join(folder, name + ".crt") for name in CA_PATHS})
    ca = private_cas(certificates)
    directory = observe_ca_directory(folder, certificates, params["passphrase"] or "", params["decrypted_keys"])
    return {
        **_data(ca),
        "certificates": certificates,
        "keys": {name: key.protection for name, key in directory.keys.items()},
        "exposed": list(directory.exposed),
        "access": access_to(folder),
        "problems": list(problems_of(directory, ca)),
        "warnings": list(warnings_of(directory, ca)),
        "elsewhere": {path: text for path, text in former.items() if text},
    }


_NO_DIRECTORY: t.Mapping[str, t.Any] = {"keys": {}, "exposed": [], "access": {}, "problems": [], "elsewhere": {}}


def _certificates(paths: t.Mapping[str, str]) -> dict[str, str]:
    """The contents of the files that exist."""
    found = {name: text_of(path) for name, path in paths.items()}
    encrypted = [paths[name] for name, text in found.items() if is_vault(text or "")]
    if encrypted:
        files = " ".join(encrypted)
        raise UnusableFiles(f"Certificates are no secret, and have to be readable: run ansible-vault decrypt {files}.")
    return {name: text for name, text in found.items() if text is not None}


def _all_in(folder: str) -> str:
    """The certificates of all CAs in a directory. What cannot be read there is none of ours."""
    try:
        return "\n".join(_certificates({name: os.path.join(folder, name + ".crt") for name in CA_PATHS}).values())
    except OSError:
        return ""


def _data(ca: CaState) -> Result:
    return {
        "exists": ca.exists,
        "stage": ca.stage,
        "bundles": {name: ca.bundle(name) for name in CAS},
        "signers": dict(ca.signers),
        "signing": dict(ca.signing),
        "trust_mark": ca.trust_mark,
    }
