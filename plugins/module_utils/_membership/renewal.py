# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Why a certificate has to be renewed: it ends soon, it lacks a name, or another CA signs now."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from .trust import Signed

SECONDS_A_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Issued:
    """A certificate as it is: valid from `not_before` until `not_after` (seconds since the epoch), for these DNS names
    and addresses (in the form of Python's socket module), and what it says of its signer.

    `usages` are extended key usages, None where it does not restrict them.
    """

    not_after: float
    names: frozenset[str]
    signed: Signed
    not_before: float = 0.0
    usages: frozenset[str] | None = None
    is_ca: bool = False
    common_name: str = ""


@dataclass(frozen=True)
class Requirement:
    """What a certificate has to be: made for these names, valid for so many days more, and signed by this CA (None: by
    any).
    """

    names: tuple[str, ...] = ()
    renew_before_days: float = 30.0
    ca: Signed | None = None


def reason_to_renew(issued: Issued, required: Requirement, now: float) -> str:
    """The first reason, at the time `now` in seconds since the epoch; empty if there is none."""
    return next((reason for reason in _reasons(issued, required, now) if reason), "")


def _reasons(issued: Issued, required: Requirement, now: float) -> t.Iterator[str]:
    days = (issued.not_after - now) / SECONDS_A_DAY
    if days <= required.renew_before_days:
        yield "it has expired" if days <= 0 else f"it expires in {int(days)} days"
    missing = sorted({comparable(name) for name in required.names} - issued.names)
    if missing:
        yield f"it does not name {', '.join(missing)}"
    if required.ca is not None and not issued.signed.is_signed_by(required.ca):
        yield "the CA that signed it has been replaced"


def reason_to_replace(has_given_certificate: bool, has_given_key: bool) -> str:
    """Why files that the operator gives have to be installed; empty if they are in place. Nothing else is judged, not
    even whether they have expired: who gives them renews them.
    """
    if not has_given_certificate:
        return "another certificate was given"
    return "" if has_given_key else "another key was given"


def comparable(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()
