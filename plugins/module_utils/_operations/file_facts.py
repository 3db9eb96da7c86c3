# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What is in files on this host, and whether a certificate has to be renewed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .._formats.x509 import Certificate, NoCertificate, read_certificate, read_certificates
from .._membership.expiry import Expiring, days_left
from .._membership.renewal import Issued, Requirement, reason_to_renew, reason_to_replace
from .._membership.trust import Signed


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


def signed(certificate: Certificate) -> Signed:
    """What the core wants to know of a certificate's signer."""
    return Signed(
        certificate.subject, certificate.issuer, certificate.key_identifier, certificate.authority_key_identifier
    )


def issued(certificate: Certificate) -> Issued:
    """What the core wants to know of a certificate."""
    return Issued(
        not_after=certificate.not_after,
        names=certificate.names,
        signed=signed(certificate),
        not_before=certificate.not_before,
        usages=certificate.usages,
        is_ca=certificate.is_ca,
        common_name=certificate.common_name,
    )


def expiring(name: str, path: str, within_days: float, now: float) -> list[Expiring]:
    """The certificates in a file that expire within so many days from `now`; a file that cannot be read holds none."""
    file = path.rpartition("/")[2]
    try:
        found = [issued(one) for one in read_certificates((text_of(path) or "").encode("utf-8"))]
    except NoCertificate:
        return []
    return [
        Expiring(name, file, days_left(one, now), one.is_ca, one.common_name)
        for one in found
        if days_left(one, now) < within_days
    ]


def is_usable(path: str, key: str) -> bool:
    """Whether etcd can serve with a certificate and its key."""
    try:
        with open(path, "rb") as file:
            read_certificate(file.read())
    except (OSError, NoCertificate):
        return False
    return not _of_another_key(path, key)


def certificate_due(path: str, wanted: Wanted, now: float) -> str:
    """Why a certificate has to be made anew: there is none, or it is not, at the time `now`, what is wanted.

    Empty if it need not.
    """
    if wanted.given:
        return reason_to_replace(text_of(path) == wanted.given, checksum(wanted.key) == wanted.given_key)
    try:
        with open(path, "rb") as file:
            certificate = read_certificate(file.read())
    except FileNotFoundError:
        return "there is none"
    except NoCertificate as problem:
        return str(problem)
    try:
        ca = signed(read_certificate(wanted.ca.encode("utf-8"))) if wanted.ca else None
    except NoCertificate as problem:
        return f"the CA that should sign it cannot be read: {problem}"
    required = Requirement(wanted.names, wanted.renew_before_days, ca)
    return reason_to_renew(issued(certificate), required, now) or _of_another_key(path, wanted.key)


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
