# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire format against protobuf itself, and against bytes that are no message."""

from __future__ import annotations

import contextlib
import functools

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._formats import wire_format
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st

TYPES = descriptor_pb2.FieldDescriptorProto
KINDS = {
    wire_format.UINT64: TYPES.TYPE_UINT64,
    wire_format.INT64: TYPES.TYPE_INT64,
    wire_format.BOOL: TYPES.TYPE_BOOL,
    wire_format.STRING: TYPES.TYPE_STRING,
    wire_format.BYTES: TYPES.TYPE_BYTES,
    wire_format.ALARM_TYPE: TYPES.TYPE_ENUM,
    wire_format.DOWNGRADE_ACTION: TYPES.TYPE_ENUM,
    wire_format.ALARM_ACTION: TYPES.TYPE_ENUM,
}
NAMES = {
    wire_format.ALARM_TYPE: ("NONE", "NOSPACE", "CORRUPT"),
    wire_format.DOWNGRADE_ACTION: ("VALIDATE", "ENABLE", "CANCEL"),
    wire_format.ALARM_ACTION: ("GET", "ACTIVATE", "DEACTIVATE"),
}
VALUES = {
    wire_format.UINT64: st.integers(0, 2**64 - 1),
    wire_format.INT64: st.integers(-(2**63), 2**63 - 1),
    wire_format.BOOL: st.booleans(),
    wire_format.STRING: st.text(),
    wire_format.BYTES: st.binary(),
    wire_format.ALARM_TYPE: st.sampled_from(NAMES[wire_format.ALARM_TYPE]),
    wire_format.DOWNGRADE_ACTION: st.sampled_from(NAMES[wire_format.DOWNGRADE_ACTION]),
    wire_format.ALARM_ACTION: st.sampled_from(NAMES[wire_format.ALARM_ACTION]),
}


@functools.cache
def reference(message: str):
    """The class that protobuf makes of the same schema."""
    file = descriptor_pb2.FileDescriptorProto(name="reference.proto", syntax="proto2")
    for kind, names in NAMES.items():
        enumeration = file.enum_type.add(name=kind)
        for number, name in enumerate(names):
            enumeration.value.add(name=f"{kind}_{name}", number=number)
    for name, fields in wire_format.MESSAGES.items():
        made = file.message_type.add(name=name)
        for field_name, field in fields.items():
            label = TYPES.LABEL_REPEATED if field.repeated else TYPES.LABEL_OPTIONAL
            added = made.field.add(
                name=field_name, number=field.number, label=label, type=KINDS.get(field.kind, TYPES.TYPE_MESSAGE)
            )
            if field.kind in NAMES or field.kind in wire_format.MESSAGES:
                added.type_name = f".{field.kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(message))


def values_of(message: str) -> st.SearchStrategy:
    optional = {}
    for name, field in wire_format.MESSAGES[message].items():
        one = VALUES[field.kind] if field.kind in VALUES else values_of(field.kind)
        optional[name] = st.lists(one, min_size=1, max_size=3) if field.repeated else one
    return st.fixed_dictionaries({}, optional=optional)


def fill(target, message: str, fields: dict) -> None:
    for name, value in fields.items():
        field = wire_format.MESSAGES[message][name]
        for one in value if field.repeated else [value]:
            if field.kind in wire_format.MESSAGES:
                inner = getattr(target, name).add() if field.repeated else getattr(target, name)
                inner.SetInParent()
                fill(inner, field.kind, one)
                continue
            plain = NAMES[field.kind].index(one) if field.kind in NAMES else one
            if field.repeated:
                getattr(target, name).append(plain)
            else:
                setattr(target, name, plain)


@pytest.mark.parametrize("message", wire_format.MESSAGES)
def test_both_ways_agree_with_protobuf(message):
    @settings(max_examples=20)
    @given(values_of(message))
    def agree(fields):
        expected = reference(message)()
        fill(expected, message, fields)
        assert wire_format.decode(message, expected.SerializeToString()) == fields
        back = reference(message)()
        back.ParseFromString(wire_format.encode(message, fields))
        assert back == expected

    agree()


def test_zero_values_are_sent_and_read():
    assert (
        wire_format.encode("MemberAddRequest", {"peerURLs": ["http://h:1"], "isLearner": False})
        == b"\x0a\x0ahttp://h:1\x10\x00"
    )
    assert wire_format.encode("StatusRequest", {}) == b""


def test_a_field_that_the_message_does_not_have_is_not_silently_left_out():
    with pytest.raises(KeyError):
        wire_format.encode("MemberAddRequest", {"is_learner": True})


def test_unknown_fields_of_every_wire_type_are_skipped():
    unknown = b"\xf8\x01\x05" + b"\xfa\x01\x02ab" + b"\xfd\x01abcd" + b"\xf9\x01abcdefgh"
    assert wire_format.decode("MemberListRequest", unknown + b"\x08\x01") == {"linearizable": True}


def test_an_alarm_that_a_later_release_may_invent_keeps_its_number():
    assert wire_format.decode("AlarmMember", b"\x10\x07") == {"alarm": "7"}


MALFORMED = [b"\x08", b"\x0a\x05ab", b"\x0b", b"\xff" * 11, b"\x12\x01", b"\x0d\x01", b"\x08\x01", b"\x0a\x02\x08"]


@pytest.mark.parametrize("content", MALFORMED)
def test_bytes_that_are_no_message_are_malformed(content):
    with pytest.raises(wire_format.Malformed):
        wire_format.decode("MemberListResponse", content)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_malformed(content):
    with contextlib.suppress(wire_format.Malformed):
        assert isinstance(wire_format.decode("StatusResponse", content), dict)
