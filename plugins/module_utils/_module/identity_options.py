# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Reading a goal from what a user wrote; what cannot be meant is refused before anything is sent."""

from __future__ import annotations

import typing as t

from .._membership import refusal as codes
from .._membership.identity import Identity, InvalidMemberIDError, member_id_readings
from .._membership.join import is_readable
from .._membership.peer_urls import InvalidPeerURLError, normalise
from .._membership.plan import PRESENT
from .._membership.refusal import Refusal
from .._operations.exceptions import Refused


def identity_of(params: t.Mapping[str, t.Any]) -> Identity:
    """Which member `name`, `peer_urls` and `member_id` mean.

    Raises Refused where they mean nobody, or cannot be ones.
    """
    name = (params["name"] or "").strip()
    identity = Identity(name, peer_urls_of(params["peer_urls"]), member_ids_of(params["member_id"]))
    if identity == Identity():
        raise Refused(
            Refusal(
                codes.AMBIGUOUS_IDENTITY,
                "name is empty, and nothing else says which member is meant",
                "Give a name, peer_urls or a member_id.",
            )
        )
    if params["state"] == PRESENT and not is_readable(name):
        raise Refused(
            Refusal(
                codes.AMBIGUOUS_IDENTITY,
                f"{name!r} cannot be the name of a member: etcd could not read it back from ETCD_INITIAL_CLUSTER",
                "Choose a name without commas, equals signs and spaces.",
            )
        )
    return identity


def peer_urls_of(urls: t.Sequence[str] | None) -> tuple[str, ...]:
    """Normalised peer URLs; none where none were given. Raises Refused."""
    if urls is None:
        return ()
    try:
        return normalise(list(urls))
    except InvalidPeerURLError as problem:
        raise Refused(
            Refusal(codes.INVALID_PEER_URL, str(problem), "Correct peer_urls; nothing was sent to etcd.")
        ) from problem


def member_ids_of(text: str | None) -> tuple[int, ...]:
    """The readings of a member id; none where none was given. Raises Refused."""
    if text is None:
        return ()
    try:
        return member_id_readings(text)
    except InvalidMemberIDError as problem:
        raise Refused(
            Refusal(codes.AMBIGUOUS_IDENTITY, str(problem), "Correct member_id; nothing was sent to etcd.")
        ) from problem
