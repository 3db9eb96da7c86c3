# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Looks at the directory of private CAs: where it is, who may open it, and whether its keys can sign."""

from __future__ import annotations

import os
import stat
import subprocess
import typing as t

from .._membership.ca_directory import PLAIN, CaDirectory, CaKey, protection_of
from .._membership.certificates import CA_PATHS
from .ca_key import missing_package, problem_of
from .file_facts import text_of

_OTHERS = stat.S_IRWXO
_GIT_SECONDS = 10


def observe_ca_directory(
    path: str, certificates: t.Mapping[str, str], passphrase: str, decrypted: t.Mapping[str, str]
) -> CaDirectory:
    """The directory as it is. `certificates` and `decrypted` are contents by their paths below it, without a suffix:
    the certificates of the CAs, and keys that the controller has decrypted. Raises OSError for a directory that cannot
    be read.
    """
    unable = missing_package()
    texts = {name: _text(_key_file(path, name)) for name in CA_PATHS if os.path.exists(_key_file(path, name))}
    keys = {name: CaKey(_key_file(path, name), protection_of(text)) for name, text in texts.items()}
    if not unable:
        keys = {
            name: CaKey(
                key.path,
                key.protection,
                problem_of(key, texts[name], decrypted.get(name), certificates.get(name, ""), passphrase),
            )
            for name, key in keys.items()
        }
    exposed = _exposed(path, keys.values())
    foreign = tuple(one for one in exposed if os.geteuid() not in (0, os.stat(one).st_uid))
    return CaDirectory(
        path,
        collection=_installed_collection(path),
        checkout=_checkout(path) if keys else "",
        is_writable=_is_writable(path),
        exposed=tuple(one for one in exposed if one not in foreign),
        foreign=foreign,
        unable=unable,
        keys=keys,
    )


def access_to(path: str) -> dict[str, str | None]:
    """The permissions of what is created in the directory: its owner's alone, unless it is open to its group and to
    nobody else.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        found = None
    shared = found.st_mode & stat.S_IRWXG if found and not found.st_mode & _OTHERS else 0
    if not found or not shared & stat.S_IRGRP:
        return {"directory": "0700", "key": "0600", "group": None}
    return {
        "directory": f"{stat.S_IRWXU | shared | (found.st_mode & stat.S_ISGID):04o}",
        "key": f"{0o600 | shared & ~stat.S_IXGRP:04o}",
        "group": str(found.st_gid),
    }


def _key_file(path: str, name: str) -> str:
    return os.path.join(path, name + ".key")


def _text(file: str) -> str | None:
    """The contents of a key; None where this user may not read it."""
    try:
        return text_of(file)
    except PermissionError:
        return None


def _exposed(path: str, keys: t.Iterable[CaKey]) -> tuple[str, ...]:
    """A key that is encrypted may be read by everybody; a directory may not, since others could put CAs into it."""
    folders = sorted({os.path.dirname(_key_file(path, name)) for name in CA_PATHS})
    plain = [key.path for key in keys if key.protection == PLAIN]
    return tuple(one for one in [*filter(os.path.isdir, folders), *plain] if os.stat(one).st_mode & _OTHERS)


def _ancestors(path: str) -> t.Iterator[str]:
    """The directory itself, and all above it, where they really are."""
    here = os.path.realpath(path)
    yield here
    while os.path.dirname(here) != here:
        here = os.path.dirname(here)
        yield here


def _installed_collection(path: str) -> str:
    """The folder of the installed collection that the path is in. A checkout has no such manifest."""
    for folder in _ancestors(path):
        is_collection = os.path.basename(os.path.dirname(os.path.dirname(folder))) == "ansible_collections"
        if is_collection and os.path.exists(os.path.join(folder, "MANIFEST.json")):
            return folder
    return ""


def _is_writable(path: str) -> bool:
    there = next(folder for folder in _ancestors(path) if os.path.exists(folder))
    return os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)


def _checkout(path: str) -> str:
    """The git checkout that the directory is in, unless git ignores the keys in it."""
    top = next((folder for folder in _ancestors(path) if os.path.exists(os.path.join(folder, ".git"))), "")
    return "" if not top or _is_ignored(os.path.realpath(path)) else top


def _is_ignored(path: str) -> bool:
    """As git says; where it cannot say, as the directory itself says."""
    command = ["git", "-C", path, "check-ignore", "--quiet", "ca.key"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        code = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_GIT_SECONDS,
            check=False,
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        code = 128
    if code in (0, 1):
        return code == 0
    return "*" in (text_of(os.path.join(path, ".gitignore")) or "").splitlines()
