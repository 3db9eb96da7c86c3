# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_data_dir_info: what a data directory holds, from its parameters to its return values."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

from .._membership.model import Member, hex_id
from .._operations.offline import read_data_directory

Result = t.Dict[str, t.Any]


def describe_data_dir(params: t.Mapping[str, t.Any]) -> Result:
    """The data directory as it is."""
    found = read_data_directory(params["data_dir"], params["wal_dir"] or "", params["count_keys"])
    as_they_are = asdict(found)
    return {
        "changed": False,
        "directory": {
            **as_they_are,
            "cluster_id": _id(found.cluster_id),
            "member_id": _id(found.member_id),
            "vote": _id(found.vote),
            "known_commit": found.known_commit,
            "torn": found.torn or None,
            "members": _members(found.members),
            "removed": _ids(found.removed),
            "members_at_last_index": _members(found.members_at_last_index),
            "stored_members": _members(found.stored_members),
            "stored_removed": _ids(found.stored_removed),
            "users": _texts(found.users),
            "roles": _texts(found.roles),
            "alarms": None
            if found.alarms is None
            else [{"member_id": hex_id(member), "alarm": alarm} for member, alarm in found.alarms],
            "damaged": list(found.damaged),
        },
    }


def _id(value: int | None) -> str | None:
    return hex_id(value) if value else None


def _ids(values: tuple[int, ...] | None) -> list[str] | None:
    return None if values is None else [hex_id(value) for value in values]


def _texts(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _members(members: tuple[Member, ...] | None) -> list[Result] | None:
    if members is None:
        return None
    return [
        {
            "id": hex_id(member.member_id),
            "name": member.name,
            "peer_urls": list(member.peer_urls),
            "client_urls": list(member.client_urls),
            "is_learner": member.is_learner,
        }
        for member in members
    ]
