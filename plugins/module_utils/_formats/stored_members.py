# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Members as etcd keeps them on disk: in the database, in the file of a snapshot, and as changes in the log.

Until 3.5 etcd starts with the members of the snapshot, since 3.6 with those of the database, and applies to them what
its log holds after that (etcd 3.5.34 and 3.6.16 server/etcdserver/api/membership/cluster.go Recover).
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, replace

from .wire_format import Malformed, decode

ADD, PROMOTE, REMOVE, UPDATE, ATTRIBUTES = "add", "promote", "remove", "update", "attributes"
_ADD_NODE, _REMOVE_NODE, _UPDATE_NODE, _ADD_LEARNER_NODE = range(4)
_HEXADECIMAL = re.compile("[0-9a-f]{1,16}")
_PATH_OF_ATTRIBUTES = re.compile("/0/members/([0-9a-f]{1,16})/attributes")


class NoMember(ValueError):
    """The bytes are not those of a member."""


@dataclass(frozen=True)
class StoredMember:
    """A member as etcd stores it (server/etcdserver/api/membership/member.go Member)."""

    member_id: int
    name: str = ""
    peer_urls: tuple[str, ...] = ()
    client_urls: tuple[str, ...] = ()
    is_learner: bool = False


@dataclass(frozen=True)
class MemberChange:
    """A change of one member, and the index of the entry that holds it. Of `member` only what is changed counts."""

    index: int
    kind: str
    member: StoredMember


class Members(t.NamedTuple):
    """Members by their id, and the ids of those that were removed and may not come again."""

    present: t.Mapping[int, StoredMember]
    removed: frozenset[int]


def id_of(text: str) -> int:
    """The id that etcd writes as a key. Raises NoMember."""
    if not _HEXADECIMAL.fullmatch(text):
        raise NoMember(f"{text!r:.60} is not the id of a member")
    return int(text, 16)


def member_of(value: str | bytes, member_id: int) -> StoredMember:
    """The member in the JSON of a database or of a change. Raises NoMember."""
    fields = _json(value)
    if fields.get("id") != member_id:
        raise NoMember(f"what is kept for the member {member_id:x} is not a member of this id")
    return _member(member_id, fields)


def _member(member_id: int, fields: t.Mapping[str, t.Any]) -> StoredMember:
    name, is_learner = fields.get("name") or "", fields.get("isLearner") or False
    urls = [fields.get(key) or [] for key in ("peerURLs", "clientURLs")]
    well = isinstance(name, str) and isinstance(is_learner, bool) and all(isinstance(each, list) for each in urls)
    if not well or not all(isinstance(url, str) for each in urls for url in each):
        raise NoMember(f"what is kept for the member {member_id:x} is not a member")
    return StoredMember(member_id, name, tuple(urls[0]), tuple(urls[1]), is_learner)


def members_in_v2(store: bytes) -> Members | None:
    """The members in the content of version 2, as the file of a snapshot holds it; None where it holds none.
    Raises NoMember.
    """
    if not store:
        return None
    try:
        kept = json.loads(store)["Root"]["Children"]["0"]["Children"]
        members = (kept["members"].get("Children") or {}).items()
        removed = (kept.get("removed_members") or {}).get("Children") or {}
        values = {
            id_of(name): {key: value["Value"] for key, value in node["Children"].items()} for name, node in members
        }
        return Members(
            {
                member_id: _member(
                    member_id, {**_json(value["raftAttributes"]), **_json(value.get("attributes", "{}"))}
                )
                for member_id, value in values.items()
            },
            frozenset(map(id_of, removed)),
        )
    except NoMember:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NoMember(f"the members in version 2 cannot be read ({type(error).__name__})") from error


def configuration_change(index: int, data: bytes) -> t.Iterator[MemberChange]:
    """The change in an entry that changes raft's configuration (etcd server/etcdserver/server.go applyConfChange).
    Raises NoMember and Malformed.
    """
    change = decode("ConfChange", data)
    kind, member_id = change.get("type", _ADD_NODE), change.get("node_id", 0)
    if kind == _REMOVE_NODE:
        yield MemberChange(index, REMOVE, StoredMember(member_id))
        return
    if kind not in (_ADD_NODE, _UPDATE_NODE, _ADD_LEARNER_NODE):
        raise Malformed(f"entry {index} changes members in a way that no release of etcd knows")
    context = change.get("context", b"")
    member = member_of(context, member_id)
    if kind == _UPDATE_NODE:
        yield MemberChange(index, UPDATE, member)
    else:
        yield MemberChange(index, PROMOTE if _json(context).get("isPromote") else ADD, member)


def attributes_set(index: int, data: bytes) -> t.Iterator[MemberChange]:
    """The name and client URLs that a member publishes with this request, since 3.6. Raises Malformed."""
    request = decode("InternalRaftRequest", data).get("cluster_member_attr_set")
    if request:
        fields = request.get("member_attributes", {})
        member = StoredMember(
            request.get("member_ID", 0), fields.get("name", ""), client_urls=tuple(fields.get("client_urls", ()))
        )
        yield MemberChange(index, ATTRIBUTES, member)


def attributes_set_in_v2(index: int, method: str, path: str, value: str) -> t.Iterator[MemberChange]:
    """The same until 3.5, as a request of version 2. Raises NoMember."""
    found = _PATH_OF_ATTRIBUTES.fullmatch(path)
    if found and method == "PUT":
        yield MemberChange(index, ATTRIBUTES, _member(int(found.group(1), 16), _json(value)))


def applied(members: Members, changes: t.Iterable[MemberChange]) -> Members:
    """The members after these changes. Like etcd it passes over a change that does not fit, which was committed all the
    same (etcd 3.7.3 server/etcdserver/api/membership/cluster.go ValidateConfigurationChange).
    """
    present, removed = dict(members.present), set(members.removed)
    for change in changes:
        member_id = change.member.member_id
        before = present.get(member_id)
        if member_id in removed or not _fits(change, before, present):
            continue
        if change.kind == REMOVE:
            del present[member_id]
            removed.add(member_id)
        else:
            present[member_id] = _changed(before, change)
    return Members(present, frozenset(removed))


def _fits(change: MemberChange, before: StoredMember | None, present: t.Mapping[int, StoredMember]) -> bool:
    if change.kind in (ADD, UPDATE) and any(
        set(other.peer_urls) & set(change.member.peer_urls)
        for other in present.values()
        if other.member_id != change.member.member_id
    ):
        return False
    if change.kind == ADD:
        return before is None
    return before is not None and (change.kind != PROMOTE or before.is_learner)


def _changed(before: StoredMember | None, change: MemberChange) -> StoredMember:
    member = change.member
    if before is None:
        return member
    if change.kind == PROMOTE:
        return replace(before, is_learner=False)
    if change.kind == UPDATE:
        return replace(before, peer_urls=member.peer_urls)
    return replace(before, name=member.name, client_urls=member.client_urls)


def _json(value: str | bytes) -> t.Mapping[str, t.Any]:
    try:
        fields = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise NoMember("what is kept for a member is no JSON") from error
    if not isinstance(fields, dict):
        raise NoMember("what is kept for a member is no JSON object")
    return fields
