# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Protobuf's wire format for the messages that the collection exchanges (etcd api/etcdserverpb/rpc.proto,
api/mvccpb/kv.proto), and for what etcd keeps on disk.

Of its own because the messages that the etcd3 package carries (0.12, those of etcd 3.3) know no learners, no promotion
and no linearizable list, and because this works unchanged with every release of protobuf. Unknown fields are skipped,
as protobuf does.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Fields = t.Dict[str, t.Any]

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_MASK64 = (1 << 64) - 1

# Kinds of fields; any other text is the name of a message.
UINT64, INT64, BOOL, STRING, BYTES, ALARM_TYPE = "uint64", "int64", "bool", "string", "bytes", "AlarmType"
DOWNGRADE_ACTION, ALARM_ACTION = "DowngradeAction", "AlarmAction"

_ENUMERATIONS = {
    ALARM_TYPE: ("NONE", "NOSPACE", "CORRUPT"),
    ALARM_ACTION: ("GET", "ACTIVATE", "DEACTIVATE"),
    DOWNGRADE_ACTION: ("VALIDATE", "ENABLE", "CANCEL"),
}


class Malformed(ValueError):
    """The bytes are not the message that they should be."""


@dataclass(frozen=True)
class Field:
    """One field of a message."""

    number: int
    kind: str
    repeated: bool = False


_HEADER = Field(1, "ResponseHeader")
_HEADER_AND_MEMBERS = {"header": _HEADER, "members": Field(2, "Member", repeated=True)}

MESSAGES: dict[str, dict[str, Field]] = {
    "ResponseHeader": {
        "cluster_id": Field(1, UINT64),
        "member_id": Field(2, UINT64),
        "revision": Field(3, INT64),
        "raft_term": Field(4, UINT64),
    },
    "Member": {
        "ID": Field(1, UINT64),
        "name": Field(2, STRING),
        "peerURLs": Field(3, STRING, repeated=True),
        "clientURLs": Field(4, STRING, repeated=True),
        "isLearner": Field(5, BOOL),
    },
    "AuthenticateRequest": {"name": Field(1, STRING), "password": Field(2, STRING)},
    "AuthenticateResponse": {"header": _HEADER, "token": Field(2, STRING)},
    "RangeRequest": {"key": Field(1, BYTES), "limit": Field(3, INT64), "keys_only": Field(8, BOOL)},
    "RangeResponse": {"header": _HEADER},
    "StatusRequest": {},
    "StatusResponse": {
        "header": _HEADER,
        "version": Field(2, STRING),
        "dbSize": Field(3, INT64),
        "leader": Field(4, UINT64),
        "raftIndex": Field(5, UINT64),
        "raftTerm": Field(6, UINT64),
        "raftAppliedIndex": Field(7, UINT64),
        "errors": Field(8, STRING, repeated=True),
        "dbSizeInUse": Field(9, INT64),
        "isLearner": Field(10, BOOL),
        "storageVersion": Field(11, STRING),
        "dbSizeQuota": Field(12, INT64),
        "downgradeInfo": Field(13, "DowngradeInfo"),
    },
    "DowngradeRequest": {"action": Field(1, DOWNGRADE_ACTION), "version": Field(2, STRING)},
    "DowngradeResponse": {"header": _HEADER, "version": Field(2, STRING)},
    "DowngradeInfo": {"enabled": Field(1, BOOL), "targetVersion": Field(2, STRING)},
    "MemberListRequest": {"linearizable": Field(1, BOOL)},
    "MemberListResponse": _HEADER_AND_MEMBERS,
    "MemberAddRequest": {"peerURLs": Field(1, STRING, repeated=True), "isLearner": Field(2, BOOL)},
    "MemberAddResponse": {
        "header": _HEADER,
        "member": Field(2, "Member"),
        "members": Field(3, "Member", repeated=True),
    },
    "MemberUpdateRequest": {"ID": Field(1, UINT64), "peerURLs": Field(2, STRING, repeated=True)},
    "MemberUpdateResponse": _HEADER_AND_MEMBERS,
    "MemberPromoteRequest": {"ID": Field(1, UINT64)},
    "MemberPromoteResponse": _HEADER_AND_MEMBERS,
    "MemberRemoveRequest": {"ID": Field(1, UINT64)},
    "MemberRemoveResponse": _HEADER_AND_MEMBERS,
    "MoveLeaderRequest": {"targetID": Field(1, UINT64)},
    "MoveLeaderResponse": {"header": _HEADER},
    "AlarmRequest": {
        "action": Field(1, ALARM_ACTION),
        "memberID": Field(2, UINT64),
        "alarm": Field(3, ALARM_TYPE),
    },
    "AlarmResponse": {"header": _HEADER, "alarms": Field(2, "AlarmMember", repeated=True)},
    "AlarmMember": {"memberID": Field(1, UINT64), "alarm": Field(2, ALARM_TYPE)},
    "CompactRequest": {"revision": Field(1, INT64), "physical": Field(2, BOOL)},
    "CompactResponse": {"header": _HEADER},
    "DefragmentRequest": {},
    "DefragmentResponse": {"header": _HEADER},
    "HashKVRequest": {"revision": Field(1, INT64)},
    "HashKVResponse": {
        "header": _HEADER,
        "hash": Field(2, UINT64),
        "compact_revision": Field(3, INT64),
        "hash_revision": Field(4, INT64),
    },
    "LeaseGrantRequest": {"TTL": Field(1, INT64), "ID": Field(2, INT64)},
    "LeaseGrantResponse": {"header": _HEADER, "ID": Field(2, INT64), "TTL": Field(3, INT64), "error": Field(4, STRING)},
    "LeaseRevokeRequest": {"ID": Field(1, INT64)},
    "LeaseRevokeResponse": {"header": _HEADER},
    "AuthEnableRequest": {},
    "AuthEnableResponse": {"header": _HEADER},
    "AuthUserListRequest": {},
    "AuthUserListResponse": {"header": _HEADER, "users": Field(2, STRING, repeated=True)},
    "AuthUserGetRequest": {"name": Field(1, STRING)},
    "AuthUserGetResponse": {"header": _HEADER, "roles": Field(2, STRING, repeated=True)},
    "AuthUserAddRequest": {"name": Field(1, STRING), "password": Field(2, STRING)},
    "AuthUserAddResponse": {"header": _HEADER},
    "AuthUserChangePasswordRequest": {"name": Field(1, STRING), "password": Field(2, STRING)},
    "AuthUserChangePasswordResponse": {"header": _HEADER},
    "AuthUserGrantRoleRequest": {"user": Field(1, STRING), "role": Field(2, STRING)},
    "AuthUserGrantRoleResponse": {"header": _HEADER},
    "AuthRoleListRequest": {},
    "AuthRoleListResponse": {"header": _HEADER, "roles": Field(2, STRING, repeated=True)},
    "AuthRoleAddRequest": {"name": Field(1, STRING)},
    "AuthRoleAddResponse": {"header": _HEADER},
    "AuthRoleDeleteRequest": {"role": Field(1, STRING)},
    "AuthRoleDeleteResponse": {"header": _HEADER},
    # On disk, in the write-ahead log (server/storage/wal/walpb/record.proto, api/etcdserverpb/etcdserver.proto,
    # raftpb/raft.proto).
    "Record": {"type": Field(1, INT64), "crc": Field(2, UINT64), "data": Field(3, BYTES)},
    "Metadata": {"NodeID": Field(1, UINT64), "ClusterID": Field(2, UINT64)},
    "HardState": {"term": Field(1, UINT64), "vote": Field(2, UINT64), "commit": Field(3, UINT64)},
    "SnapshotRecord": {"index": Field(1, UINT64), "term": Field(2, UINT64)},
    "Entry": {
        "Type": Field(1, UINT64),
        "Term": Field(2, UINT64),
        "Index": Field(3, UINT64),
        "Data": Field(4, BYTES),
    },
    # What an entry holds (api/etcdserverpb/raft_internal.proto, api/membershippb/membership.proto, and etcdserver.proto
    # of 3.5): the fields by which one is told from the other, and those that change members.
    "InternalRaftRequest": {
        "ID": Field(1, UINT64),
        "v2": Field(2, "V2Request"),
        "range": Field(3, BYTES),
        "put": Field(4, BYTES),
        "delete_range": Field(5, BYTES),
        "cluster_member_attr_set": Field(1301, "ClusterMemberAttrSetRequest"),
    },
    "ClusterMemberAttrSetRequest": {
        "member_ID": Field(1, UINT64),
        "member_attributes": Field(2, "MemberAttributes"),
    },
    "MemberAttributes": {"name": Field(1, STRING), "client_urls": Field(2, STRING, repeated=True)},
    "ConfChange": {
        "id": Field(1, UINT64),
        "type": Field(2, UINT64),
        "node_id": Field(3, UINT64),
        "context": Field(4, BYTES),
    },
    "V2Request": {
        "ID": Field(1, UINT64),
        "Method": Field(2, STRING),
        "Path": Field(3, STRING),
        "Val": Field(4, STRING),
        "Dir": Field(5, BOOL),
    },
    # On disk, in a file of a snapshot (server/etcdserver/api/snap/snappb/snap.proto, raftpb/raft.proto).
    "SnapshotFile": {"crc": Field(1, UINT64), "data": Field(2, BYTES)},
    "Snapshot": {"data": Field(1, BYTES), "metadata": Field(2, "SnapshotMetadata")},
    "SnapshotMetadata": {"index": Field(2, UINT64), "term": Field(3, UINT64)},
}


def encode(message: str, fields: Fields) -> bytes:
    """The bytes of a message. A key that the message does not have raises KeyError: it would silently not be sent."""
    schema = MESSAGES[message]
    return b"".join(
        _encoded(schema[name], value)
        for name, values in fields.items()
        for value in (values if schema[name].repeated else (values,))
    )


def _encoded(field: Field, value: t.Any) -> bytes:
    if field.kind == STRING:
        return _with_length(field.number, value.encode())
    if field.kind == BYTES:
        return _with_length(field.number, value)
    if field.kind in MESSAGES:
        return _with_length(field.number, encode(field.kind, value))
    number = _ENUMERATIONS[field.kind].index(value) if field.kind in _ENUMERATIONS else int(value)
    return _varint(field.number << 3 | _VARINT) + _varint(number & _MASK64)


def _with_length(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def decode(message: str, content: bytes) -> Fields:
    """The fields of a message that are there. Raises Malformed."""
    by_number = {field.number: (name, field) for name, field in MESSAGES[message].items()}
    fields: Fields = {}
    position = 0
    while position < len(content):
        tag, position = read_varint(content, position)
        raw, position = _read_raw(content, position, tag & 7)
        if tag >> 3 not in by_number:
            continue
        name, field = by_number[tag >> 3]
        value = _decoded(field, raw)
        if field.repeated:
            fields.setdefault(name, []).append(value)
        else:
            fields[name] = value
    return fields


def read_varint(content: bytes, position: int) -> tuple[int, int]:
    """The number at a position, and where the next field begins. Raises Malformed."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(content):
            raise Malformed("ends in the middle of a number")
        byte = content[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _MASK64, position
    raise Malformed("a number of more than 10 bytes")


def _read_raw(content: bytes, position: int, wire_type: int) -> tuple[int | bytes, int]:
    if wire_type == _VARINT:
        return read_varint(content, position)
    if wire_type == _LENGTH:
        size, position = read_varint(content, position)
    elif wire_type in (_FIXED64, _FIXED32):
        size = 8 if wire_type == _FIXED64 else 4
    else:
        raise Malformed(f"wire type {wire_type}")
    if position + size > len(content):
        raise Malformed("ends in the middle of a field")
    return content[position : position + size], position + size


def _decoded(field: Field, raw: int | bytes) -> t.Any:
    if isinstance(raw, bytes):
        return _decoded_bytes(field, raw)
    if field.kind == BOOL:
        return bool(raw)
    if field.kind == INT64:
        return raw - (1 << 64) if raw >> 63 else raw
    if field.kind == UINT64:
        return raw
    if field.kind in _ENUMERATIONS:
        names = _ENUMERATIONS[field.kind]
        return names[raw] if raw < len(names) else str(raw)
    raise Malformed(f"field {field.number} is a number, not {field.kind}")


def _decoded_bytes(field: Field, raw: bytes) -> t.Any:
    if field.kind == BYTES:
        return raw
    if field.kind == STRING:
        return raw.decode("utf-8", "replace")
    if field.kind in MESSAGES:
        return decode(field.kind, raw)
    raise Malformed(f"field {field.number} is not {field.kind}")
