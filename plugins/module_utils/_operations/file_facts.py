# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Looking at files on this host: what is in them, and whether a certificate has to be renewed."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from .._formats.x509 import Certificate, NoCertificate, read_certificate

SECONDS_A_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Wanted:
    """What a certificate has to be: for these names, valid for so many days more, of this key (a path), and signed by
    this CA (in PEM form). Of a `given` certificate (in PEM form, with the SHA-256 of its key) none of that is judged.
    """

    names: tuple[str, ...] = ()
    renew_before_days: float = 30.0
    key: str = ""
    ca: str = ""
    given: str = ""
    given_key: str = ""


def checksum(path: str) -> str | None:
    """The SHA-256 of a file's content; None where there is no such file."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except FileNotFoundError:
        return None


def text_of(path: str) -> str | None:
    """A file's content, without what is no UTF-8; None where there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="ignore", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


def certificate_due(path: str, wanted: Wanted, now: float) -> str:
    """Why a certificate has to be made anew: there is none, or it is not, at the time `now`, what is wanted.

    Empty if it need not.
    """
    if wanted.given:
        return _not_given(path, wanted)
    try:
        with open(path, "rb") as file:
            certificate = read_certificate(file.read())
    except FileNotFoundError:
        return "there is none"
    except NoCertificate as problem:
        return str(problem)
    return (
        _out_of_date(certificate, wanted, now)
        or _of_another_ca(certificate, wanted.ca)
        or _of_another_key(path, wanted.key)
    )


def _not_given(path: str, wanted: Wanted) -> str:
    if text_of(path) != wanted.given:
        return "another certificate was given"
    return "another key was given" if checksum(wanted.key) != wanted.given_key else ""


def _out_of_date(certificate: Certificate, wanted: Wanted, now: float) -> str:
    days = (certificate.not_after - now) / SECONDS_A_DAY
    if days <= wanted.renew_before_days:
        return "it has expired" if days <= 0 else f"it expires in {int(days)} days"
    missing = sorted({_comparable(name) for name in wanted.names} - certificate.names)
    return "it does not name {}".format(", ".join(missing)) if missing else ""


def _of_another_ca(certificate: Certificate, pem: str) -> str:
    if not pem:
        return ""
    try:
        ca = read_certificate(pem.encode("utf-8"))
    except NoCertificate as problem:
        return f"the CA that should sign it cannot be read: {problem}"
    said, key = certificate.authority_key_identifier, ca.key_identifier
    if certificate.issuer == ca.subject and (not said or not key or said == key):
        return ""
    return "the CA that signed it has been replaced"


def _of_another_key(path: str, key: str) -> str:
    """A run that was killed between the two leaves such a pair behind, with which etcd can serve nobody."""
    if not key:
        return ""
    import ssl  # pylint: disable=import-outside-toplevel  # takes longer to load than the rest of this takes to run

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key, password="")
    except (OSError, ValueError):
        return f"{key} is not its key"
    return ""


def _comparable(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()
