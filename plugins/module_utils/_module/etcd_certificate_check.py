# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_certificate_check: from its parameters to its return values."""

from __future__ import annotations

import typing as t

from .._client import errors
from .._client.errors import EtcdError
from .._formats.x509 import Certificate, NoCertificate, read_certificates
from .._membership.trust import JUDGE, Chain, Signed, TlsFiles, refuse_cut_off
from .._operations.exceptions import Refused
from .results import Result

FILES = (*JUDGE, *sorted(set(JUDGE.values())))
_TLS_FILES: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "files": {"type": "dict", "required": True},
}
WANTED: dict[str, t.Any] = {"type": "dict", "required": True, "options": _TLS_FILES}
HOSTS: dict[str, t.Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {**_TLS_FILES, "current": {"type": "bool", "default": True}},
}


def check_certificates(params: t.Mapping[str, t.Any]) -> Result:
    """Nothing, where nobody is cut off. Raises Refused, EtcdError."""
    refusal = refuse_cut_off(
        _tls_files(params["wanted"], True), [_tls_files(host, host["current"]) for host in params["hosts"]]
    )
    if refusal is not None:
        raise Refused(refusal)
    return {"changed": False}


def _tls_files(given: t.Mapping[str, t.Any], is_current: bool) -> TlsFiles:
    chains = {
        file: _chain(given["name"], file, text) for file, text in given["files"].items() if text and file in FILES
    }
    return TlsFiles(
        given["name"],
        certificates={file: chain for file, chain in chains.items() if file in JUDGE},
        authorities={file: chain for file, chain in chains.items() if file not in JUDGE},
        is_current=is_current,
    )


def _chain(name: str, file: str, text: str) -> Chain:
    try:
        return tuple(_signed(one) for one in read_certificates(text.encode("utf-8")))
    except NoCertificate as problem:
        raise EtcdError(
            errors.TLS_ERROR,
            "%s of %s: %s" % (file, name, problem),
            next_step="Give a file of certificates in PEM form.",
        ) from problem


def _signed(certificate: Certificate) -> Signed:
    return Signed(
        certificate.subject, certificate.issuer, certificate.key_identifier, certificate.authority_key_identifier
    )
