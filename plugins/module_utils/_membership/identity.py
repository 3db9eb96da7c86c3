# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Which member a goal means. Never by substrings: 10.0.0.2 is not 10.0.0.21, and pg1 is not pg10.

etcd itself tells members apart by id only: two may carry one name (server/etcdserver/api/membership/cluster.go
knows no uniqueness of names), and a member that never started has none.
"""

from __future__ import annotations

import re
import typing as t

from . import refusal as codes
from .model import Cluster, Member, hex_id
from .peer_urls import addresses, comparable
from .refusal import Refusal

_HEXADECIMAL = re.compile(r"(0x)?[0-9a-f]{1,16}", re.IGNORECASE)
_DECIMAL = re.compile(r"[0-9]{1,20}")


class InvalidMemberIDError(ValueError):
    """A text that is no member id."""


def member_id_readings(text: str) -> tuple[int, ...]:
    """What a member id may mean: `0x…` and anything with a letter is hexadecimal, digits alone may be either.

    Raises InvalidMemberIDError.
    """
    text = str(text).strip()
    readings = []
    if _DECIMAL.fullmatch(text) and int(text) < 1 << 64:
        readings.append(int(text))
    if _HEXADECIMAL.fullmatch(text):
        readings.append(int(text, 16))
    if not readings:
        raise InvalidMemberIDError(
            f"{text!r} is not a member id: give it as etcdctl prints it (hexadecimal, for example "
            "8e9e05c52164694d) or as a decimal number"
        )
    return tuple(dict.fromkeys(readings))


class Identity(t.NamedTuple):
    """The identity that a goal gives: any of a name, normalised peer URLs, and the readings of a member id."""

    name: str = ""
    peer_urls: tuple[str, ...] = ()
    member_ids: tuple[int, ...] = ()

    def __str__(self) -> str:
        parts = [self.name] if self.name else []
        parts += [f"id {hex_id(self.member_ids[-1])}"] if self.member_ids else []
        parts += [", ".join(self.peer_urls)] if self.peer_urls and not self.name else []
        return " ".join(parts) or "member"


def find(cluster: Cluster, identity: Identity, renames_urls: bool) -> Member | Refusal | None:
    """The member that an identity means, None where the cluster has no such member.

    `renames_urls` is true where the goal is to give a member these peer URLs (state present): then they need not be
    its own yet. Everything else that was given has to agree, otherwise the answer is a refusal.
    """
    by_id = _one(identity, "id", [member for member in cluster.members if member.member_id in identity.member_ids])
    by_name = _one(
        identity, "name", [member for member in cluster.members if identity.name and member.name == identity.name]
    )
    by_urls = _one(identity, "peer URLs", _with_urls(cluster, identity.peer_urls))
    if isinstance(by_id, Refusal):
        return by_id
    if isinstance(by_urls, Refusal):
        return by_urls
    if isinstance(by_name, Refusal):
        # A name that two members share says nothing by itself, and contradicts nothing either.
        if by_id is None and by_urls is None:
            return by_name
        by_name = None
    found = _agreed(identity, by_id, by_name, by_urls, renames_urls)
    return found if found is not None or renames_urls else _part_of_the_urls(cluster, identity)


def _part_of_the_urls(cluster: Cluster, identity: Identity) -> Refusal | None:
    """Not a member by its peer URLs, but a member has one of these addresses: to say that it is absent would be a
    lie.
    """
    owner = owner_of_any(cluster, identity.peer_urls)
    if owner is None:
        return None
    return _ambiguous(
        f"no member has exactly the peer URLs {_urls(identity)}, but {owner.label} ({hex_id(owner.member_id)}) "
        f"has {', '.join(owner.peer_urls)}"
    )


def _with_urls(cluster: Cluster, peer_urls: tuple[str, ...]) -> list[Member]:
    wanted = comparable(peer_urls)
    return [member for member in cluster.members if wanted and comparable(member.peer_urls) == wanted]


def _one(identity: Identity, what: str, found: list[Member]) -> Member | Refusal | None:
    if len(found) < 2:
        return found[0] if found else None
    listing = "; ".join("{} ({})".format(hex_id(member.member_id), ", ".join(member.peer_urls)) for member in found)
    return _ambiguous(f"{identity}: the {what} means {len(found)} members: {listing}")


def _agreed(
    identity: Identity, by_id: Member | None, by_name: Member | None, by_urls: Member | None, renames_urls: bool
) -> Member | Refusal | None:
    if identity.member_ids and by_id is None:
        other = by_name or by_urls
        if other is None:
            return None
        return _ambiguous(
            f"{identity}: no member has this id, but {other.label} is the member {hex_id(other.member_id)}"
        )
    anchor = by_id or by_name
    if anchor is None:
        if by_urls and identity.name and by_urls.is_started and by_urls.name != identity.name:
            return _ambiguous(
                f"the peer URLs {_urls(identity)} belong to {by_urls.label} ({hex_id(by_urls.member_id)}), not to "
                f"{identity.name}"
            )
        return by_urls
    if identity.name and anchor.is_started and anchor.name != identity.name:
        return _ambiguous(f"the member {hex_id(anchor.member_id)} is named {anchor.name}, not {identity.name}")
    if by_id and by_name and by_id is not by_name:
        return _ambiguous(
            f"the id {hex_id(by_id.member_id)} and the name {identity.name} mean two members: {by_id.label} and "
            f"{by_name.label}"
        )
    if identity.peer_urls and by_urls is not anchor and not renames_urls:
        owner = f"{by_urls.label}'s" if by_urls else "no member's"
        return _ambiguous(
            "{} has the peer URLs {}; {} are {}".format(
                anchor.label, ", ".join(anchor.peer_urls), _urls(identity), owner
            )
        )
    return anchor


def _urls(identity: Identity) -> str:
    return ", ".join(identity.peer_urls)


def _ambiguous(message: str) -> Refusal:
    return Refusal(
        codes.AMBIGUOUS_IDENTITY,
        message,
        "Look at the member list (quorum.etcd.etcd_cluster_info) and give the member_id of the member you mean, "
        "with nothing that contradicts it.",
    )


def owner_of_any(cluster: Cluster, peer_urls: tuple[str, ...], but: int = 0) -> Member | None:
    """A member, other than the one with the id `but`, that already has one of the addresses in these peer URLs."""
    wanted = addresses(peer_urls)
    return next(
        (member for member in cluster.members if member.member_id != but and wanted & addresses(member.peer_urls)), None
    )
