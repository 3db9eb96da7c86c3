# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Tries whether the key of a private CA can sign.

What signs needs the Python package cryptography, so the key is tried with it. It is needed on the host of the CAs
alone, and everything else works without it.
"""

from __future__ import annotations

import importlib
import socket
import sys
import typing as t

from .._membership.ca_directory import PASSPHRASE, UNREADABLE, VAULT, CaKey, protection_of

PACKAGE = "cryptography"


class UnusableKey(Exception):
    """A key cannot sign; the text says why, and what to do."""


def missing_package() -> str:
    """What to install where; empty if it is there."""
    try:
        importlib.import_module(f"{PACKAGE}.x509")
    except Exception:  # noqa: BLE001  # pylint: disable=broad-except  # a broken one cannot sign either
        return (
            f"{sys.executable} on {socket.gethostname()}, where the CAs are, lacks the Python package {PACKAGE}. "
            f"Install it: {sys.executable} -m pip install {PACKAGE}, or the distribution's package python3-{PACKAGE}."
        )
    return ""


def problem_of(key: CaKey, text: str | None, decrypted: str | None, certificate: str, passphrase: str) -> str:
    """Why a key cannot sign for a certificate (PEM, empty if there is none yet); empty if it can. `text` is what its
    file holds, `decrypted` the same without ansible-vault.
    """
    try:
        public = _public_part(key, text if decrypted is None else decrypted, passphrase)
        if certificate and public != _public_part_of(key.path[: -len("key")] + "crt", certificate):
            raise UnusableKey(f"{key.path} is not the key of the certificate beside it. Restore both from a backup.")
    except UnusableKey as problem:
        return str(problem)
    return ""


def _public_part(key: CaKey, text: str | None, passphrase: str) -> bytes:
    protection = protection_of(text)
    password = passphrase.encode("utf-8") if protection == PASSPHRASE else None
    _refuse(key.path, (key.protection, protection), passphrase)
    serialization = importlib.import_module(f"{PACKAGE}.hazmat.primitives.serialization")
    try:
        private = serialization.load_pem_private_key((text or "").encode("utf-8"), password)
    except Exception as fault:  # pylint: disable=broad-except  # each release raises its own
        raise UnusableKey(
            f"etcd_cluster_ca_passphrase is not the passphrase of {key.path}. Set it to the one that the key was "
            "encrypted with."
            if password
            else f"{key.path} holds no private key in PEM form. Restore it from a backup."
        ) from fault
    return _bytes_of(private.public_key(), serialization)


def _refuse(file: str, protections: tuple[str, str], passphrase: str) -> None:
    """Raises UnusableKey where the key cannot be opened, by how its file and what was decrypted of it are protected."""
    if protections[1] == UNREADABLE:
        raise UnusableKey(f"{file} cannot be read. Run this as a user who may read it.")
    if protections[1] == VAULT:
        raise UnusableKey(
            f"{file} is encrypted with ansible-vault, and this run cannot decrypt it. Give the vault password, for "
            "example with --vault-password-file, and keep such keys on the controller (etcd_cluster_ca_host localhost)."
        )
    if protections == (VAULT, PASSPHRASE):
        raise UnusableKey(f"{file} is encrypted twice. Run ansible-vault decrypt on it; the passphrase is enough.")
    if protections[1] == PASSPHRASE and not passphrase:
        raise UnusableKey(f"{file} is encrypted. Set etcd_cluster_ca_passphrase to its passphrase.")


def _public_part_of(file: str, certificate: str) -> bytes:
    serialization = importlib.import_module(f"{PACKAGE}.hazmat.primitives.serialization")
    x509 = importlib.import_module(f"{PACKAGE}.x509")
    try:
        public = x509.load_pem_x509_certificate(certificate.encode("utf-8")).public_key()
    except Exception as fault:  # pylint: disable=broad-except
        raise UnusableKey(f"{file} holds no certificate in PEM form. Restore it from a backup.") from fault
    return _bytes_of(public, serialization)


def _bytes_of(public: t.Any, serialization: t.Any) -> bytes:
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return t.cast(bytes, public.public_bytes(encoding, form))
