# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What is wrong with a certificate before etcd uses it: each problem with its file, what was seen, what is needed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .renewal import SECONDS_A_DAY, Issued, comparable
from .trust import is_trusted

SERVER_AUTH = "serverAuth"
CLIENT_AUTH = "clientAuth"
ANY_USAGE = "anyExtendedKeyUsage"


@dataclass(frozen=True)
class Use:
    """A certificate, its key and the CA bundle that has to trust it (paths), and what it is to be used for: under these
    names, and for these extended key usages.

    Without `is_anonymous` it may have a common name, which etcd takes for a user while authentication is on.
    """

    certificate: str
    key: str
    ca_cert: str
    names: tuple[str, ...] = ()
    usages: tuple[str, ...] = (SERVER_AUTH, CLIENT_AUTH)
    is_anonymous: bool = False


def problems_of(use: Use, chain: t.Sequence[Issued], cas: t.Sequence[Issued], now: float) -> tuple[str, ...]:
    """All problems, at the time `now` in seconds since the epoch. `chain` is what the file of the certificate holds,
    `cas` what the bundle holds; neither is empty.
    """
    leaf = chain[0]
    return (
        *(f"{use.certificate} {words}" for words in _of_leaf(use, leaf, now)),
        *_of_bundle(use, cas),
        *_of_chain(use, chain, cas, now),
    )


def _of_leaf(use: Use, leaf: Issued, now: float) -> t.Iterator[str]:
    yield from _of_time(leaf, now)
    lacking = sorted({name for name in map(comparable, use.names) if not _covers(leaf.names, name)})
    if lacking:
        yield (
            f"does not name {', '.join(lacking)}, but {', '.join(sorted(leaf.names)) or 'nothing'}: it must name every "
            "host in the URLs of its member"
        )
    lacking = [usage for usage in use.usages if not _allows(leaf, usage)]
    if lacking:
        allowed = ", ".join(sorted(leaf.usages or ())) or "neither serverAuth nor clientAuth"
        yield f"is not for {' and '.join(lacking)}, but for {allowed}: etcd needs {' and '.join(use.usages)}"
    if use.is_anonymous and leaf.common_name:
        yield (
            f"has the common name {leaf.common_name}, which etcd would take for a user, since authentication is on: it "
            "must have none"
        )


def _of_time(leaf: Issued, now: float) -> t.Iterator[str]:
    if leaf.not_after <= now:
        yield f"has expired {_days(now - leaf.not_after)} ago: it must be valid now"
    elif leaf.not_before > now:
        yield (
            f"is not valid before {_days(leaf.not_before - now)} from now: it must be valid now, and the clock of this "
            "machine must be right"
        )


def _days(seconds: float) -> str:
    days = int(seconds / SECONDS_A_DAY)
    return "less than a day" if days == 0 else "1 day" if days == 1 else f"{days} days"


def _covers(names: t.Collection[str], name: str) -> bool:
    """A wildcard stands for one label, the first."""
    return name in names or f"*.{name.partition('.')[2]}" in names


def _allows(leaf: Issued, usage: str) -> bool:
    return leaf.usages is None or bool(leaf.usages & {usage, ANY_USAGE})


def _of_bundle(use: Use, cas: t.Sequence[Issued]) -> t.Iterator[str]:
    for one in cas:
        if not one.is_ca:
            yield (
                f"{use.ca_cert} holds a certificate that is not a CA ({one.common_name or 'without a common name'}): "
                "it must hold only the certificates of CAs"
            )


def _of_chain(use: Use, chain: t.Sequence[Issued], cas: t.Sequence[Issued], now: float) -> t.Iterator[str]:
    signers = [one.signed for one in cas]
    valid = [one.signed for one in cas if one.not_before <= now < one.not_after]
    links = tuple(one.signed for one in chain)
    if not is_trusted(links, signers):
        yield f"{use.certificate} was not signed by a CA in {use.ca_cert}: the two must belong together"
    elif not is_trusted(links, valid):
        yield f"{use.ca_cert} holds the CA that signed {use.certificate}, but that CA is not valid now: it must be"
