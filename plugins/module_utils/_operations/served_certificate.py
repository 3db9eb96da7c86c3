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

from .._client import errors
from .._client.errors import EtcdError
from .._client.tls_handshake import Served, look_at
from .._formats.x509 import NoCertificate, read_certificate
from .waiting import Clock

_POLL_SECONDS = 0.2


def prove(
    certificate: str,
    key: str,
    served_at: t.Sequence[str],
    accepted_by: t.Sequence[str],
    request_timeout: float,
    wait_timeout: float,
    clock: Clock = time,
) -> tuple[Served, ...]:
    """What every address was seen to serve, once all is proven. `certificate` and `key` are paths.

    A handshake that fails may have met the moment in which two files are replaced; so each address has `wait_timeout`
    seconds in all. Raises EtcdError with the first address that does not serve the certificate, or accept it, and
    InvalidEndpoint.
    """
    try:
        with open(certificate, "rb") as file:
            expected = read_certificate(file.read())
    except (OSError, NoCertificate) as error:
        raise EtcdError(
            errors.TLS_ERROR,
            f"{certificate} cannot be used: {error}",
            next_step="Give a certificate in PEM form.",
        ) from error
    deadline = clock.monotonic() + wait_timeout
    seen = []
    for url in dict.fromkeys((*served_at, *accepted_by)):
        while True:
            served = look_at(url, certificate, key, request_timeout)
            problem = _problem(served, certificate, expected.fingerprint if url in served_at else "")
            if not problem:
                break
            if clock.monotonic() >= deadline:
                raise EtcdError(errors.TLS_ERROR, problem, url, next_step=_NEXT_STEP)
            clock.sleep(_POLL_SECONDS)
        seen.append(served)
    return tuple(seen)


def _problem(served: Served, path: str, fingerprint: str) -> str:
    if served.problem:
        return f"{served.url} does not accept {path}: {served.problem}"
    if fingerprint and served.certificate is not None and served.certificate.fingerprint != fingerprint:
        return (
            f"{served.url} serves another certificate than {path}: {served.certificate.fingerprint}, not {fingerprint}"
        )
    return ""


_NEXT_STEP = (
    "Look at the log of the etcd that listens there (journalctl --unit etcd), and at the files that its settings "
    "name; then run this again."
)
