# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_certificate_plan: from its parameters to its return values."""

from __future__ import annotations

import typing as t

from .._client import errors
from .._client.errors import EtcdError
from .._formats.x509 import NoCertificate, read_certificates
from .._membership.certificates import (
    CA_OF,
    LEAF_FILES,
    CertificatePlan,
    HostCertificates,
    Intent,
    given_cas,
    plan_certificates,
    private_cas,
)
from .._membership.expiry import expiring_on
from .._membership.refusal import Refusal
from .._membership.trust import Chain
from .._operations.exceptions import Refused
from .._operations.file_facts import signed
from .results import Result


def plan_for_hosts(params: t.Mapping[str, t.Any]) -> Result:
    """What is to be done about the certificates. Raises Refused, EtcdError."""
    certificates = params["ca_certificates"]
    ca = private_cas(certificates, params["elsewhere"]) if params["private"] else given_cas(certificates)
    hosts = [_host(found) for found in params["hosts"]]
    intent = Intent(params["private"], params["renew"], params["keep_old_ca"])
    plan = plan_certificates(ca, hosts, intent, _read)
    if isinstance(plan, Refusal):
        raise Refused(plan)
    return {"changed": False, "stage": ca.stage, **_data(plan, hosts, params["hosts"])}


def _data(plan: CertificatePlan, hosts: t.Sequence[HostCertificates], found: t.Sequence[Result]) -> Result:
    return {
        "hosts": [
            {
                "name": host.name,
                "installs_ca": host.installs_ca,
                "renews": host.renews,
                "due": host.is_due,
                "has_arrived": host.has_arrived,
            }
            for host in plan.hosts
        ],
        "renews": list(plan.due),
        "rolling": list(plan.rolling),
        "due": [
            {"name": host.name, "file": file, "reason": reason}
            for host in plan.hosts
            for file, reason in host.reasons.items()
        ],
        "warnings": list(plan.warnings),
        "has_arrived": plan.has_arrived,
        "text": plan.text,
        "planned_hosts": [{**one["host"], "outdated": list(plan.outdated(host))} for host, one in zip(hosts, found)],
    }


def _host(found: t.Mapping[str, t.Any]) -> HostCertificates:
    """A host as etcd_host_info has found it. Raises EtcdError where this is something else."""
    try:
        contents = {_file(path): text for path, text in found["contents"].items() if text is not None}
        there = {_file(path) for path, checksum in found["files"].items() if checksum is not None}
        return HostCertificates(
            name=found["host"]["name"],
            is_running=found["host"]["running"],
            mark=found["service"]["marks"].get("QUORUM_ETCD_TRUST", ""),
            outdated=tuple(found["host"]["outdated"]),
            files=contents,
            missing=tuple(file for file in LEAF_FILES if file not in there),
            due={_kind(one["path"]): one["due"] for one in found["certificates"] if one["due"]},
            given={_file(one["path"]): one["given"] for one in found["certificates"] if one["given"]},
            unusable=tuple(_kind(one["path"]) for one in found["certificates"] if not one["usable"]),
            expiring=tuple(expiring_on(found)),
        )
    except (AttributeError, KeyError, TypeError) as problem:
        words = f"one of the hosts is not a result of etcd_host_info: {problem!r} is missing or of another type"
        raise EtcdError(errors.SERVER_ERROR, words, next_step="Give the registered results as they are.") from problem


def _file(path: str) -> str:
    return path.rpartition("/")[2]


def _kind(path: str) -> str:
    kind = _file(path).rpartition(".")[0]
    return kind if kind in CA_OF else path


def _read(name: str, file: str, text: str) -> Chain:
    try:
        return tuple(signed(one) for one in read_certificates(text.encode("utf-8")))
    except NoCertificate as problem:
        words = f"{file} of {name}: {problem}"
        raise EtcdError(errors.TLS_ERROR, words, next_step="Give a file of certificates in PEM form.") from problem
