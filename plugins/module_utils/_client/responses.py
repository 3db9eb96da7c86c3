# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""From answers of etcd's API (dictionaries, see `transport.Transport`) to the collection's values.

Every function but `understood` raises one of `OTHER_SHAPE` for an answer of another shape: not everything that speaks
JSON is etcd.
"""

from __future__ import annotations

import typing as t

from .._membership.model import Alarm, Member, MemberList, Status
from . import errors
from .endpoint import KeyspaceHash
from .transport import Fields, failure

if t.TYPE_CHECKING:
    from .rpcs import Rpc

Value = t.TypeVar("Value")

OTHER_SHAPE = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)


def understood(rpc: Rpc, url: str, answer: Fields, read: t.Callable[[Fields], Value]) -> Value:
    """What one of the functions below reads of an answer. Raises EtcdError `not_etcd` for one of another shape."""
    try:
        return read(answer)
    except OTHER_SHAPE as error:
        raise failure(errors.NOT_ETCD, rpc, url, f"the answer is not etcd's: {error}") from error


def status(answer: Fields) -> Status:
    header = _header(answer)
    return Status(
        cluster_id=_number(header, "cluster_id"),
        member_id=_number(header, "member_id"),
        version=str(answer.get("version", "")),
        leader_id=_number(answer, "leader"),
        raft_term=_number(answer, "raftTerm"),
        raft_index=_number(answer, "raftIndex"),
        raft_applied_index=_number(answer, "raftAppliedIndex"),
        revision=_number(header, "revision"),
        db_size=_number(answer, "dbSize"),
        db_size_in_use=_number(answer, "dbSizeInUse"),
        db_size_quota=_number(answer, "dbSizeQuota"),
        storage_version=str(answer.get("storageVersion", "")),
        downgrade_target=_downgrade_target(answer.get("downgradeInfo") or {}),
        is_learner=bool(answer.get("isLearner")),
        errors=_texts(answer, "errors"),
    )


def _downgrade_target(info: Fields) -> str:
    return str(info.get("targetVersion", "")) if info.get("enabled") else ""


def member_list(answer: Fields) -> MemberList:
    header = _header(answer)
    return MemberList(
        cluster_id=_number(header, "cluster_id"),
        answered_by=_number(header, "member_id"),
        members=tuple(_member(fields) for fields in answer.get("members") or ()),
        raft_term=_number(header, "raft_term"),
    )


def added_member(answer: Fields) -> tuple[int, MemberList]:
    """The new member's id, and the list with it."""
    return _number(answer.get("member") or {}, "ID"), member_list(answer)


def alarms(answer: Fields) -> tuple[Alarm, ...]:
    return tuple(
        Alarm(_number(alarm, "memberID"), str(alarm.get("alarm", "NONE"))) for alarm in answer.get("alarms") or ()
    )


def keyspace_hash(answer: Fields) -> KeyspaceHash:
    """The revision is the answer's where it names one (3.6 on), else the store's."""
    header = _header(answer)
    return KeyspaceHash(
        member_id=_number(header, "member_id"),
        hash=_number(answer, "hash"),
        revision=_number(answer, "hash_revision") or _number(header, "revision"),
        compact_revision=_number(answer, "compact_revision"),
    )


def lease_id(answer: Fields) -> int:
    return _number(answer, "ID")


def token(answer: Fields) -> str:
    return str(answer["token"])


def users(answer: Fields) -> tuple[str, ...]:
    return _texts(answer, "users")


def roles(answer: Fields) -> tuple[str, ...]:
    return _texts(answer, "roles")


def release(version: str) -> tuple[int, int] | None:
    """Major and minor of a version such as `3.5.30`."""
    parts = version.split(".")
    return (int(parts[0]), int(parts[1])) if len(parts) > 1 and parts[0].isdecimal() and parts[1].isdecimal() else None


def _header(answer: Fields) -> Fields:
    header = answer.get("header")
    if not isinstance(header, dict) or not _number(header, "cluster_id"):
        raise ValueError("the answer names no cluster")
    return header


def _member(fields: Fields) -> Member:
    return Member(
        member_id=_number(fields, "ID"),
        name=str(fields.get("name", "")),
        peer_urls=_texts(fields, "peerURLs"),
        client_urls=_texts(fields, "clientURLs"),
        is_learner=bool(fields.get("isLearner")),
    )


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(str(text) for text in fields.get(name) or ())


def _number(fields: Fields, name: str) -> int:
    return int(fields.get(name) or 0)
