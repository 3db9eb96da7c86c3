# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Whether new certificates would cut a member off: who trusts whom, by what the certificates say of their signers.

A running member reads its own certificates anew for every connection, and the CAs that it trusts only when it starts
(etcd client/pkg/transport/listener.go). So a new certificate must come from a CA that every running member trusts
already, and a new CA bundle must hold the CAs of all certificates that are in use.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from . import refusal as codes
from .refusal import Refusal


@dataclass(frozen=True)
class Signed:
    """Which certificate this is, and which one signed it.

    Keys are key identifiers, empty where it does not say; names are compared as they are.
    """

    subject: str
    issuer: str
    key: str = ""
    signing_key: str = ""

    def is_signed_by(self, ca: Signed) -> bool:
        """Whether it says so. One that signed itself was signed by no other, even by one of the same name."""
        if self.subject == self.issuer and self.signing_key in ("", self.key):
            return self == ca
        if self.issuer != ca.subject:
            return False
        return not (self.signing_key and ca.key) or self.signing_key == ca.key


# A certificate, and after it those that lead from it to a CA. A certificate that has yet to be made is represented by
# the CA that will sign it.
Chain = t.Tuple[Signed, ...]

# The certificates of a host, and the CA bundle that says whether each is trusted.
BUNDLE_OF: t.Mapping[str, str] = {"server.crt": "ca.crt", "client.crt": "ca.crt", "peer.crt": "peer-ca.crt"}


@dataclass(frozen=True)
class TlsFiles:
    """A host's certificates and the CA bundles that it trusts, by the name of their file; missing files are left out.

    Not `is_current` where its member runs, and was started with other bundles than these.
    """

    name: str
    certificates: t.Mapping[str, Chain] = field(default_factory=dict)
    bundles: t.Mapping[str, Chain] = field(default_factory=dict)
    is_current: bool = True


def is_trusted(chain: Chain, cas: t.Iterable[Signed]) -> bool:
    """Whether a chain leads to one of the CAs."""
    trusted = tuple(cas)
    rest = list(chain[1:])
    link: Signed | None = chain[0]
    while link is not None:
        if any(link == ca or link.is_signed_by(ca) for ca in trusted):
            return True
        link = next((one for one in rest if link.is_signed_by(one)), None)
        if link is not None:
            rest.remove(link)
    return False


def refuse_cut_off(wanted: TlsFiles, hosts: t.Sequence[TlsFiles]) -> Refusal | None:
    """Why a host must not get its `wanted` files while `hosts` have what they have; None where it may."""
    now = next((host for host in hosts if host.name == wanted.name), TlsFiles(wanted.name))
    new = {file: chain for file, chain in wanted.certificates.items() if now.certificates.get(file) != chain}
    return (
        _refuse_mismatch(wanted) or _refuse_certificates(wanted.name, new, hosts) or _refuse_bundles(wanted, now, hosts)
    )


def _refuse_mismatch(wanted: TlsFiles) -> Refusal | None:
    for file, chain in wanted.certificates.items():
        bundle = BUNDLE_OF[file]
        if bundle in wanted.bundles and not is_trusted(chain, wanted.bundles[bundle]):
            return _untrusted(
                f"the new {file} of {wanted.name} was not signed by a CA of its new {bundle}",
                "Give a certificate and a CA bundle that belong together.",
            )
    return None


def _refuse_certificates(name: str, new: t.Mapping[str, Chain], hosts: t.Sequence[TlsFiles]) -> Refusal | None:
    for file, chain in new.items():
        for host in hosts:
            if not _accepts(host, file, chain):
                return _untrusted(
                    f"{host.name} would not accept the new {file} of {name}: its etcd may not trust the signer",
                    f"First run with both CAs, the old and the new one, in {BUNDLE_OF[file]}, and with the old "
                    "certificates; that restarts the members. Then give the new certificates.",
                )
    return None


def _accepts(host: TlsFiles, file: str, chain: Chain) -> bool:
    """Whether a running member trusts a certificate: its bundle does, or the signer is that of a certificate in use,
    and so trusted everywhere.
    """
    bundle = BUNDLE_OF[file]
    if bundle not in host.bundles:
        return True
    if host.is_current and is_trusted(chain, host.bundles[bundle]):
        return True
    in_use = [used[0] for other, used in host.certificates.items() if BUNDLE_OF[other] == bundle]
    return any(
        used.is_signed_by(chain[0]) or (used.issuer, used.signing_key) == (chain[0].issuer, chain[0].signing_key)
        for used in in_use
    )


def _refuse_bundles(wanted: TlsFiles, now: TlsFiles, hosts: t.Sequence[TlsFiles]) -> Refusal | None:
    for bundle, cas in wanted.bundles.items():
        if now.bundles.get(bundle, cas) == cas:
            continue
        for host in hosts:
            for file, chain in host.certificates.items():
                if BUNDLE_OF[file] == bundle and not is_trusted(chain, cas):
                    return _untrusted(
                        f"the new {bundle} of {wanted.name} lacks the CA that signed {file} of {host.name}, "
                        "which is in use",
                        "Put that CA into the file as well, until every host has a certificate of another one.",
                    )
    return None


def _untrusted(message: str, next_step: str) -> Refusal:
    return Refusal(codes.UNTRUSTED_CERTIFICATE, message, next_step)
