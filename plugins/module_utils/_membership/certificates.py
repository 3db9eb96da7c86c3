# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What is to be done about the certificates of a cluster: which CA signs, which hosts get what, and who is restarted.

A rotation of the CAs has stages. Each one shows in the directory of the CAs, so a run that was killed is resumed from
the files alone: new CAs lie in `new-trusted/` while the old ones sign, in `new-signing/` while they sign themselves,
and in both places while they take the place of the old ones.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field

from . import refusal as codes
from .expiry import Expiring, expiry_lines
from .refusal import Refusal
from .trust import Chain, TlsFiles, refuse_cut_off

CA = "ca"
PEER_CA = "peer-ca"
CAS = (CA, PEER_CA)
# The certificates of a host, and the CA that signs each.
CA_OF: t.Mapping[str, str] = {"server": CA, "peer": PEER_CA, "client": CA}
LEAF_FILES = tuple(kind + suffix for kind in CA_OF for suffix in (".key", ".crt"))

NEW_TRUSTED = "new-trusted"
NEW_SIGNING = "new-signing"
CA_PATHS = tuple(folder + name for folder in ("", NEW_TRUSTED + "/", NEW_SIGNING + "/") for name in CAS)

# How far a rotation of the CAs is.
SETTLED = "settled"
TRUSTED = "new_ca_trusted"
SIGNING = "new_ca_signs"
TAKING_OVER = "new_ca_takes_over"

# What the certificates are planned for: what is due, new ones for every host, or new CAs as well.
DUE = "due"
ALL = "all"
ROTATE_CA = "ca"

# The variable that tells of a running member which CAs it was started with.
TRUST_MARK = "QUORUM_ETCD_TRUST"
_MARK_LENGTH = 16


@dataclass(frozen=True)
class CaState:
    """The CAs of a cluster: the certificates that members are to trust (PEM, by CA), and the CA that signs: its path
    and its certificate. `elsewhere` are CAs (PEM) in other directories, where an operator may look for lost ones.
    """

    stage: str = SETTLED
    trusted: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    signers: t.Mapping[str, str] = field(default_factory=dict)
    signing: t.Mapping[str, str] = field(default_factory=dict)
    elsewhere: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        return all(self.trusted.get(name) for name in CAS)

    def bundle(self, name: str) -> str:
        """The file of CA certificates that members are to trust. One alone is used as its file stands."""
        return "\n".join(self.trusted.get(name, ()))

    @property
    def trust_mark(self) -> str:
        """Changes whenever members have to be restarted to trust what they are to trust; empty without CAs."""
        return mark_of(self.bundle(name) for name in CAS) if self.exists else ""


def mark_of(bundles: t.Iterable[str]) -> str:
    """The mark of these bundles, in the order of CAS."""
    return hashlib.sha256("".join(bundles).encode()).hexdigest()[:_MARK_LENGTH]


def private_cas(found: t.Mapping[str, str], elsewhere: t.Mapping[str, str] | None = None) -> CaState:
    """The state of private CAs, from their certificates (PEM) by path, as in CA_PATHS; missing ones are left out."""
    signers = {name: _signer(found, name) for name in CAS}
    return CaState(
        stage=_stage(found),
        # Sorted, so that the bundle does not depend on which of them signs: that would cost a restart.
        trusted={name: tuple(sorted({found[path] for path in _paths(name) if path in found})) for name in CAS},
        signers=signers,
        signing={name: found[path] for name, path in signers.items() if path in found},
        elsewhere=elsewhere or {},
    )


def given_cas(bundles: t.Mapping[str, str]) -> CaState:
    """The state of CAs that somebody else keeps: their bundles (PEM), by CA."""
    return CaState(trusted={name: (bundles[name],) for name in CAS if bundles.get(name)})


def _paths(name: str) -> tuple[str, ...]:
    return tuple(path for path in CA_PATHS if path.rpartition("/")[2] == name)


def _stage(found: t.Mapping[str, str]) -> str:
    # A new CA lies in both places once it has taken over, and is about to leave the first.
    if any(found.get(f"{NEW_SIGNING}/{name}", "") == found.get(name) for name in CAS):
        return TAKING_OVER
    if any(f"{NEW_SIGNING}/{name}" in found for name in CAS):
        return SIGNING
    return TRUSTED if any(f"{NEW_TRUSTED}/{name}" in found for name in CAS) else SETTLED


def _signer(found: t.Mapping[str, str], name: str) -> str:
    path = f"{NEW_SIGNING}/{name}"
    return path if path in found and found[path] != found.get(name) else name


@dataclass(frozen=True)
class HostCertificates:
    """What a host has. `files` are the contents of its certificates and CA bundles by file name, `missing` the keys and
    certificates that are not there, `due` why certificates have to be made anew, by kind, and `given` the contents that
    somebody else made for it, by file name. With the `unusable` kinds of certificates etcd cannot serve.

    `mark` is the trust mark of its running process; `outdated` names the settings that the process was started without.
    """

    name: str
    is_running: bool = False
    mark: str = ""
    outdated: tuple[str, ...] = ()
    files: t.Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    due: t.Mapping[str, str] = field(default_factory=dict)
    given: t.Mapping[str, str] = field(default_factory=dict)
    unusable: tuple[str, ...] = ()
    expiring: tuple[Expiring, ...] = ()

    @property
    def serves_tls(self) -> bool:
        """Whether its member runs and has what it serves with. No other one can prove a new certificate."""
        return self.is_running and not self.missing and not self.unusable

    @property
    def reasons(self) -> t.Mapping[str, str]:
        """Why each file is renewed, by file name. A host without any gets its first ones, for no other reason."""
        if set(self.missing) >= set(LEAF_FILES):
            return {}
        missing = dict.fromkeys(self.missing, "it is missing")
        due = {f"{kind}.crt": why for kind, why in self.due.items()}
        return {file: why for file in LEAF_FILES for why in (missing.get(file) or due.get(file),) if why}


@dataclass(frozen=True)
class Intent:
    """What the certificates are planned for (`renew`), and whether to stop before the old CAs are dropped."""

    is_private: bool = True
    renew: str = DUE
    keep_old_ca: bool = False


@dataclass(frozen=True)
class HostPlan:
    """What a host gets: other CAs to trust, and keys and certificates of its own."""

    name: str
    installs_ca: bool
    renews: bool
    has_arrived: bool
    serves_tls: bool = False
    reasons: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def is_due(self) -> bool:
        return self.installs_ca or self.renews


@dataclass(frozen=True)
class CertificatePlan:
    """What is to be done. `restarts_all` says whether every member is to be restarted for its CAs, `text` what a
    rotation would do, empty for nothing. `warnings` name what expires and is not renewed.
    """

    hosts: tuple[HostPlan, ...]
    restarts_all: bool
    text: str
    renew: str = DUE
    is_private: bool = True
    warnings: tuple[str, ...] = ()

    @property
    def rolling(self) -> tuple[str, ...]:
        """Of those that are due, the members that serve TLS: each must prove its new certificates before the next."""
        return tuple(host.name for host in self.hosts if host.renews and host.serves_tls)

    @property
    def due(self) -> tuple[str, ...]:
        return tuple(host.name for host in self.hosts if host.renews)

    @property
    def has_arrived(self) -> bool:
        """Whether every host is where this stage leads to, so that the next one may begin."""
        return all(host.has_arrived for host in self.hosts)

    def outdated(self, host: HostCertificates) -> tuple[str, ...]:
        """The settings for which a member is to be restarted in a renewal.

        New certificates are served without a restart, whatever else may be outdated. For new CAs every member is
        restarted.
        """
        if not self.is_private or (self.renew == ROTATE_CA and not self.restarts_all):
            return host.outdated
        return (TRUST_MARK,) if self.renew == ROTATE_CA else ()


# Reads the certificates in a text: who each is, and who signed it.
Reader = t.Callable[[str, str, str], Chain]


def plan_certificates(
    ca: CaState, hosts: t.Sequence[HostCertificates], intent: Intent, read: Reader
) -> CertificatePlan | Refusal:
    """What is to be done, or why it must not be. `read` takes the name of a host, of a file, and its contents."""
    refusal = _refuse_lost_ca(ca, hosts) if intent.is_private else None
    if refusal is not None:
        return refusal
    plans = tuple(_plan_host(ca, host, intent) for host in hosts)
    have = [_has(host, read) for host in hosts]
    for host, plan in zip(hosts, plans):
        refusal = refuse_cut_off(_gets(ca, host, plan, intent, read), have) if plan.is_due else None
        if refusal is not None:
            return refusal
    has_arrived = all(plan.has_arrived for plan in plans)
    return CertificatePlan(
        plans,
        restarts_all=intent.renew == ROTATE_CA and _restarts_all(ca.stage, has_arrived, intent.keep_old_ca),
        text=_text(ca.stage, hosts, plans, intent),
        renew=intent.renew,
        is_private=intent.is_private,
        warnings=_warnings(hosts, plans, intent),
    )


def _warnings(hosts: t.Sequence[HostCertificates], plans: t.Sequence[HostPlan], intent: Intent) -> tuple[str, ...]:
    stays = [
        one for host, plan in zip(hosts, plans) for one in host.expiring if one.is_ca or one.file not in plan.reasons
    ]
    advice = _REPLACE_PRIVATE_CA if intent.is_private else _GIVE_ANOTHER
    return tuple(f"{line} {advice}" for line in expiry_lines(stays))


def _plan_host(ca: CaState, host: HostCertificates, intent: Intent) -> HostPlan:
    installs_ca = any(host.files.get(f"{name}.crt") != ca.bundle(name) for name in CAS)
    renews = bool(host.missing or host.due or (intent.is_private and intent.renew == ALL))
    has_arrived = not installs_ca and not renews and TRUST_MARK not in host.outdated
    return HostPlan(host.name, installs_ca, renews, has_arrived, host.serves_tls, host.reasons)


def _restarts_all(stage: str, has_arrived: bool, keep_old_ca: bool) -> bool:
    """Where a rotation is only finished, no CA is made, and members are restarted only where that is due."""
    return has_arrived if stage == SETTLED else not (stage == SIGNING and keep_old_ca)


def _has(host: HostCertificates, read: Reader) -> TlsFiles:
    """A member trusts what its files hold if it was started with them, or has yet to be started."""
    mark = mark_of(host.files.get(f"{name}.crt", "") for name in CAS)
    return _tls_files(host.name, host.files, read, is_current=not host.is_running or host.mark == mark)


def _gets(ca: CaState, host: HostCertificates, plan: HostPlan, intent: Intent, read: Reader) -> TlsFiles:
    """Of a certificate that has yet to be made, the CA that signs it stands for it."""
    files = {f"{name}.crt": ca.bundle(name) for name in CAS}
    if plan.renews:
        made = {f"{kind}.crt": ca.signing.get(name, "") for kind, name in CA_OF.items()}
        files.update(made if intent.is_private else host.given)
    return _tls_files(host.name, {file: text for file, text in files.items() if text}, read, is_current=True)


def _tls_files(name: str, files: t.Mapping[str, str], read: Reader, is_current: bool) -> TlsFiles:
    bundles = tuple(f"{ca}.crt" for ca in CAS)
    certificates = tuple(f"{kind}.crt" for kind in CA_OF)
    return TlsFiles(
        name,
        certificates={file: read(name, file, files[file]) for file in certificates if files.get(file)},
        bundles={file: read(name, file, files[file]) for file in bundles if files.get(file)},
        is_current=is_current,
    )


def _refuse_lost_ca(ca: CaState, hosts: t.Sequence[HostCertificates]) -> Refusal | None:
    for host in hosts:
        for name in CAS:
            has = host.files.get(f"{name}.crt")
            if has and not any(text.strip() in has for text in ca.trusted.get(name, ())):
                return Refusal(
                    codes.CA_LOST,
                    f"{host.name} trusts a CA ({name}.crt) that is not among the private CAs of this cluster",
                    f"{_where(has, ca.elsewhere)} If its certificates were given, set etcd_cluster_certificates to "
                    "given. The running members would not trust other CAs.",
                )
    return None


def _where(bundle: str, elsewhere: t.Mapping[str, str]) -> str:
    """Where to find a CA that the hosts trust."""
    places = [place for place, text in elsewhere.items() if any(one in text for one in _in_pem(bundle))]
    if places:
        return f"It is in {places[0]}. Move that directory to a place that survives, and set etcd_cluster_ca_dir to it."
    return "Set etcd_cluster_ca_host and etcd_cluster_ca_dir to where the CAs are kept, or restore them from a backup."


def _in_pem(bundle: str) -> list[str]:
    """The certificates of a bundle, without what stands before and between them."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return [part.partition(end)[0].strip() for part in bundle.split(begin)[1:]]


_REPLACE_PRIVATE_CA = "Run quorum.etcd.rotate_certificates with etcd_cluster_rotate_ca."
_GIVE_ANOTHER = "Provide another one."
_CREATE = "new CAs would be created"
_TRUST_BOTH = "every member would be restarted, one at a time, to trust both the old and the new CAs"
_RENEW_ALL = (
    "the keys and certificates of every host would be renewed by the new CAs, one host at a time, without a restart"
)
_TRUST_NEW = "every member would be restarted, one at a time, to trust only the new CAs"
_TRUST_GIVEN = "members would be restarted, one at a time, to trust the given CAs"


def _text(stage: str, hosts: t.Sequence[HostCertificates], plans: t.Sequence[HostPlan], intent: Intent) -> str:
    """The steps of a rotation as one sentence; empty where there is nothing to do."""
    steps = "; ".join(_steps(stage, hosts, plans, intent))
    return f"{steps[0].upper()}{steps[1:]}." if steps else ""


def _steps(
    stage: str, hosts: t.Sequence[HostCertificates], plans: t.Sequence[HostPlan], intent: Intent
) -> tuple[str, ...]:
    due = ", ".join(plan.name for plan in plans if plan.renews)
    leaves = f"the keys and certificates of {due} would be renewed, one host at a time, without a restart"
    renew_due = (leaves,) if due else ()
    if intent.renew != ROTATE_CA:
        is_outdated = any(host.is_running and host.outdated for host in hosts)
        return (_TRUST_GIVEN, *renew_due) if is_outdated and not intent.is_private else renew_due
    drop = () if intent.keep_old_ca else (_TRUST_NEW,)
    if stage == SETTLED and all(plan.has_arrived for plan in plans):
        return (_CREATE, _TRUST_BOTH, _RENEW_ALL, *drop)
    return {
        TRUSTED: (_TRUST_BOTH, _RENEW_ALL, *drop),
        SIGNING: (*renew_due, *drop),
        TAKING_OVER: (*renew_due, _TRUST_NEW),
        SETTLED: (*renew_due, _TRUST_NEW),
    }[stage]
