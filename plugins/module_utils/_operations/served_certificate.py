# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Proving that running members use a new certificate: that it is served where it has to be, and accepted by the
others.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from .._client import errors
from .._client.errors import EtcdError
from .._client.tls_handshake import Served, look_at
from .._formats.x509 import NoCertificate, read_certificate
from .._membership.expiry import Expiring, days_left
from .file_facts import issued
from .waiting import Clock

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Proof:
    """A certificate and its key (paths), and the addresses that have to serve it, or to accept it.

    With `ca_cert` (a path) that CA bundle has to trust what each of these addresses serves, under its name.
    """

    certificate: str
    key: str
    ca_cert: str = ""
    served_at: tuple[str, ...] = ()
    accepted_by: tuple[str, ...] = ()


def prove(
    proofs: t.Iterable[Proof], request_timeout: float, wait_timeout: float, clock: Clock = time
) -> tuple[Served, ...]:
    """What every address was seen to serve, once all is proven.

    A handshake that fails may have met the moment in which two files are replaced; so all of them together have
    `wait_timeout` seconds. Raises EtcdError with the first address that does not serve the certificate, or accept it,
    and InvalidEndpoint.
    """
    deadline = clock.monotonic() + wait_timeout
    return tuple(
        _until_proven(proof, url, fingerprint if url in proof.served_at else "", request_timeout, deadline, clock)
        for proof in proofs
        for fingerprint in (_fingerprint(proof.certificate),)
        for url in dict.fromkeys((*proof.served_at, *proof.accepted_by))
    )


def _fingerprint(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return read_certificate(file.read()).fingerprint
    except (OSError, NoCertificate) as error:
        raise EtcdError(
            errors.TLS_ERROR, f"{path} cannot be used: {error}", next_step="Give a certificate in PEM form."
        ) from error


def _until_proven(
    proof: Proof, url: str, fingerprint: str, request_timeout: float, deadline: float, clock: Clock
) -> Served:
    while True:
        served = look_at(url, proof.certificate, proof.key, request_timeout, proof.ca_cert)
        problem = _problem(served, proof.certificate, fingerprint)
        if not problem:
            return served
        if clock.monotonic() >= deadline:
            raise EtcdError(errors.TLS_ERROR, problem, url, next_step=_NEXT_STEP)
        clock.sleep(_POLL_SECONDS)


def _problem(served: Served, path: str, fingerprint: str) -> str:
    if served.untrusted:
        return f"{served.url} serves a certificate that cannot be used: {served.untrusted}"
    if served.problem:
        return f"{served.url} does not accept {path}: {served.problem}"
    if fingerprint and served.certificate is not None and served.certificate.fingerprint != fingerprint:
        return (
            f"{served.url} serves another certificate than {path}: {served.certificate.fingerprint}, not {fingerprint}"
        )
    return ""


def expiring_at(
    name: str, url: str, within_days: float, now: float, client_cert: str, client_key: str, request_timeout: float
) -> list[Expiring]:
    """The certificate that a member serves at a URL, if it expires within so many days from `now`."""
    served = look_at(url, client_cert, client_key, request_timeout)
    if served.certificate is None:
        return []
    days = days_left(issued(served.certificate), now)
    return [Expiring(name, f"served at {url}", days)] if days < within_days else []


_NEXT_STEP = (
    "Look at the log of the etcd that listens there (journalctl --unit etcd), and at the files that its settings "
    "name; then run this again."
)
