# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Whether new certificates would cut a member off: who trusts whom, from what the certificates say of who signed them.

A running member reads its own certificates anew for every connection, and the authorities that it trusts only when it
starts (etcd client/pkg/transport/listener.go). So a new certificate has to be one that every running member trusts
already, and new authorities have to include those of every certificate that is in use.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from . import refusal as codes
from .refusal import Refusal


@dataclass(frozen=True)
class Signed:
    """Who a certificate is, and who signed it.

    Keys are key identifiers, empty where it does not say; names are compared as they are.
    """

    subject: str
    issuer: str
    key: str = ""
    signing_key: str = ""

    def is_signed_by(self, authority: Signed) -> bool:
        """Whether it says so. One that signed itself was signed by no other, also where the other has its name."""
        if self.subject == self.issuer and self.signing_key in ("", self.key):
            return self == authority
        if self.issuer != authority.subject:
            return False
        return not (self.signing_key and authority.key) or self.signing_key == authority.key


# A certificate, and after it those that lead from it to an authority. Of one that is yet to be made, its signer stands
# for it.
Chain = t.Tuple[Signed, ...]

CLIENTS = "ca.crt"
PEERS = "peer-ca.crt"
# The certificates of a host, and the file of authorities that says whether they are trusted.
JUDGE: t.Mapping[str, str] = {"server.crt": CLIENTS, "client.crt": CLIENTS, "peer.crt": PEERS}


@dataclass(frozen=True)
class TlsFiles:
    """A host's certificates and the authorities that it trusts, by the name of their file; what is not there is left
    out.

    Not `is_current` where its member runs, and was started with other authorities than these.
    """

    name: str
    certificates: t.Mapping[str, Chain] = field(default_factory=dict)
    authorities: t.Mapping[str, Chain] = field(default_factory=dict)
    is_current: bool = True


def is_trusted(chain: Chain, authorities: t.Iterable[Signed]) -> bool:
    """Whether a chain leads to one of the authorities."""
    trusted = tuple(authorities)
    rest = list(chain[1:])
    link: Signed | None = chain[0]
    while link is not None:
        if any(link == authority or link.is_signed_by(authority) for authority in trusted):
            return True
        link = next((one for one in rest if link.is_signed_by(one)), None)
        if link is not None:
            rest.remove(link)
    return False


def refuse_cut_off(wanted: TlsFiles, hosts: t.Sequence[TlsFiles]) -> Refusal | None:
    """Why a host must not be given its `wanted` tls_files, while `hosts` have what they have; None where it may."""
    now = next((host for host in hosts if host.name == wanted.name), TlsFiles(wanted.name))
    new = {file: chain for file, chain in wanted.certificates.items() if now.certificates.get(file) != chain}
    return (
        _refuse_mismatch(wanted)
        or _refuse_certificates(wanted.name, new, hosts)
        or _refuse_authorities(wanted, now, hosts)
    )


def _refuse_mismatch(wanted: TlsFiles) -> Refusal | None:
    for file, chain in wanted.certificates.items():
        judge = JUDGE[file]
        if judge in wanted.authorities and not is_trusted(chain, wanted.authorities[judge]):
            return _untrusted(
                "the new %s of %s is not signed by an authority of its new %s" % (file, wanted.name, judge),
                "Give a certificate and the authorities that belong together.",
            )
    return None


def _refuse_certificates(name: str, new: t.Mapping[str, Chain], hosts: t.Sequence[TlsFiles]) -> Refusal | None:
    for file, chain in new.items():
        for host in hosts:
            if not _accepts(host, file, chain):
                return _untrusted(
                    "the new %s of %s would not be accepted by %s: its etcd may not trust who signed it"
                    % (file, name, host.name),
                    "First run with both authorities, the old and the new one, in %s, and with the old "
                    "certificates; that restarts the members. "
                    "Then bring the new certificates." % JUDGE[file],
                )
    return None


def _accepts(host: TlsFiles, file: str, chain: Chain) -> bool:
    """Whether a running member trusts a certificate: its authorities do, or it is of the signer of what is in use, and
    so trusted everywhere.
    """
    judge = JUDGE[file]
    if judge not in host.authorities:
        return True
    if host.is_current and is_trusted(chain, host.authorities[judge]):
        return True
    in_use = [used[0] for other, used in host.certificates.items() if JUDGE[other] == judge]
    return any(
        used.is_signed_by(chain[0]) or (used.issuer, used.signing_key) == (chain[0].issuer, chain[0].signing_key)
        for used in in_use
    )


def _refuse_authorities(wanted: TlsFiles, now: TlsFiles, hosts: t.Sequence[TlsFiles]) -> Refusal | None:
    for judge, authorities in wanted.authorities.items():
        if now.authorities.get(judge, authorities) == authorities:
            continue
        for host in hosts:
            for file, chain in host.certificates.items():
                if JUDGE[file] == judge and not is_trusted(chain, authorities):
                    return _untrusted(
                        "the new %s of %s lacks the authority that signed %s of %s, which is in use"
                        % (judge, wanted.name, file, host.name),
                        "Put that authority into the file, too, until every host has a certificate of another one.",
                    )
    return None


def _untrusted(message: str, next_step: str) -> Refusal:
    return Refusal(codes.UNTRUSTED_CERTIFICATE, message, next_step)
