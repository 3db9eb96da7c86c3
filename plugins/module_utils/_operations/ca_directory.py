# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Looks at the directory of private CAs: where it is, who may open it, and whether its keys can sign.

What signs needs the Python package cryptography, so the keys are tried with it. It is looked for here, on the host of
the CAs alone; without it, everything else is still told.
"""

from __future__ import annotations

import importlib
import os
import socket
import stat
import subprocess
import sys
import typing as t

from .._membership.ca_directory import PASSPHRASE, PLAIN, VAULT, CaDirectory, CaKey, protection_of
from .._membership.certificates import CA_PATHS
from .file_facts import text_of

_OTHERS = stat.S_IRWXO
_GIT_SECONDS = 10
_PACKAGE = "cryptography"


class UnusableKey(Exception):
    """A key cannot sign; the text says why, and what to do."""


def observe_ca_directory(
    path: str, certificates: t.Mapping[str, str], passphrase: str, decrypted: t.Mapping[str, str]
) -> CaDirectory:
    """The directory as it is. `certificates` and `decrypted` are contents by their paths below it, without a suffix:
    the certificates of the CAs, and keys that the controller has decrypted. Raises OSError for what cannot be read.
    """
    contents = {name: text_of(_key_file(path, name)) for name in CA_PATHS}
    keys = {name: text for name, text in contents.items() if text is not None}
    unable = "" if _is_importable() else _without_package()
    exposed = _exposed(path, keys)
    foreign = tuple(one for one in exposed if os.geteuid() not in (0, os.stat(one).st_uid))
    return CaDirectory(
        path,
        collection=_installed_collection(path),
        checkout=_checkout(path) if keys else "",
        is_writable=_is_writable(path),
        exposed=tuple(one for one in exposed if one not in foreign),
        foreign=foreign,
        unable=unable,
        keys={
            name: CaKey(
                _key_file(path, name),
                protection_of(text),
                "" if unable else _problem(path, name, decrypted.get(name, text), certificates.get(name), passphrase),
            )
            for name, text in keys.items()
        },
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


def _is_importable() -> bool:
    try:
        importlib.import_module(f"{_PACKAGE}.x509")
    except Exception:  # noqa: BLE001  # pylint: disable=broad-except  # a broken one cannot sign either
        return False
    return True


def _without_package() -> str:
    return (
        f"{sys.executable} on {socket.gethostname()}, where the CAs are, lacks the Python package {_PACKAGE}. Install "
        f"it: {sys.executable} -m pip install {_PACKAGE}, or the package python3-{_PACKAGE} of the distribution."
    )


def _exposed(path: str, keys: t.Iterable[str]) -> tuple[str, ...]:
    """A key that is encrypted may be read by everybody; a directory may not, since others could put CAs into it."""
    folders = sorted({os.path.dirname(_key_file(path, name)) for name in CA_PATHS})
    plain = [file for file in (_key_file(path, name) for name in keys) if protection_of(text_of(file) or "") == PLAIN]
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


def _problem(path: str, name: str, key: str, certificate: str | None, passphrase: str) -> str:
    """Why this key cannot sign for this certificate; empty if it can."""
    try:
        public = _public_part(_key_file(path, name), key, passphrase)
        if certificate is not None and public != _public_part_of(os.path.join(path, name + ".crt"), certificate):
            raise UnusableKey(f"{_key_file(path, name)} is not the key of {name}.crt. Restore both from a backup.")
    except UnusableKey as problem:
        return str(problem)
    return ""


def _public_part(file: str, key: str, passphrase: str) -> bytes:
    serialization = importlib.import_module(f"{_PACKAGE}.hazmat.primitives.serialization")
    protection = protection_of(key)
    if protection == VAULT:
        raise UnusableKey(
            f"{file} is encrypted with ansible-vault, and this run cannot decrypt it. Give the vault password, for "
            "example with --vault-password-file, and keep such keys on the controller (etcd_cluster_ca_host localhost)."
        )
    if protection == PASSPHRASE and not passphrase:
        raise UnusableKey(f"{file} is encrypted. Set etcd_cluster_ca_passphrase to its passphrase.")
    try:
        private = serialization.load_pem_private_key(
            key.encode("utf-8"), passphrase.encode("utf-8") if protection == PASSPHRASE else None
        )
    except Exception as fault:  # pylint: disable=broad-except  # each release raises its own
        if protection == PASSPHRASE:
            raise UnusableKey(
                f"etcd_cluster_ca_passphrase is not the passphrase of {file}. Set it to the one that the key was "
                "encrypted with."
            ) from fault
        raise UnusableKey(f"{file} holds no private key in PEM form. Restore it from a backup.") from fault
    return _bytes_of(private.public_key(), serialization)


def _public_part_of(file: str, certificate: str) -> bytes:
    serialization = importlib.import_module(f"{_PACKAGE}.hazmat.primitives.serialization")
    x509 = importlib.import_module(f"{_PACKAGE}.x509")
    try:
        public = x509.load_pem_x509_certificate(certificate.encode("utf-8")).public_key()
    except Exception as fault:  # pylint: disable=broad-except
        raise UnusableKey(f"{file} holds no certificate in PEM form. Restore it from a backup.") from fault
    return _bytes_of(public, serialization)


def _bytes_of(public: t.Any, serialization: t.Any) -> bytes:
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return t.cast(bytes, public.public_bytes(encoding, form))
