# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Which certificates and CAs of a cluster expire soon, in words."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

from .renewal import SECONDS_A_DAY, Issued


@dataclass(frozen=True)
class Expiring:
    """A certificate that expires in so many whole days, which are negative once it has; in this file (its name) of this
    host.
    """

    host: str
    file: str
    days: int
    is_ca: bool = False
    common_name: str = ""


def days_left(issued: Issued, now: float) -> int:
    """Whole days from `now` (seconds since the epoch) until a certificate expires, negative once it has."""
    return math.floor((issued.not_after - now) / SECONDS_A_DAY)


def expiry_lines(found: t.Iterable[Expiring]) -> tuple[str, ...]:
    """A sentence for each certificate, with all hosts for which it is true; the soonest first."""
    hosts: dict[tuple[int, str, str], list[str]] = {}
    for one in found:
        hosts.setdefault((one.days, _subject(one), _when(one.days)), []).append(one.host)
    return tuple(
        f"{what} on {', '.join(sorted(names))} {when}." for (_days, what, when), names in sorted(hosts.items())
    )


def _subject(one: Expiring) -> str:
    if not one.is_ca:
        return f"The certificate {one.file}"
    return f"The CA {one.common_name} in {one.file}" if one.common_name else f"A CA in {one.file}"


def _when(days: int) -> str:
    if days < 0:
        return "has expired"
    return f"expires in {'less than a day' if days == 0 else '1 day' if days == 1 else f'{days} days'}"


def expiring_on(found: t.Mapping[str, t.Any]) -> t.Iterator[Expiring]:
    """What expires on a host, from a result of etcd_host_info."""
    for one in found["expiring"]:
        file = one["path"].rpartition("/")[2]
        yield Expiring(found["host"]["name"], file, one["days"], one["ca"], one["common_name"])
