# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What a certificate says of itself: until when it is valid, for which names, and who signed it. With nothing but the
standard library.

Managed nodes need not have a library for certificates, and Python's own ssl module reads only those of a connection.
Reads just the fields it is asked for (RFC 5280, 4.1), and proves no signature: whoever trusts a certificate does that.
"""

from __future__ import annotations

import binascii
import calendar
import hashlib
import socket
import typing as t
from dataclasses import dataclass

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
_SUBJECT_KEY_IDENTIFIER = bytes((0x55, 0x1D, 0x0E))
_SUBJECT_ALT_NAME = bytes((0x55, 0x1D, 0x11))
_BASIC_CONSTRAINTS = bytes((0x55, 0x1D, 0x13))
_EXTENDED_KEY_USAGE = bytes((0x55, 0x1D, 0x25))
_COMMON_NAME = bytes((0x55, 0x04, 0x03))
_AUTHORITY_KEY_IDENTIFIER = bytes((0x55, 0x1D, 0x23))
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_UTC_TIME = 0x17
_BOOLEAN = 0x01
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_KEY_IDENTIFIER = 0x80
_LONG_FORM = 0x80
# What a certificate may be used for (RFC 5280, 4.2.1.12), in the words of OpenSSL. Others are left out.
_USAGES = {
    bytes((0x2B, 6, 1, 5, 5, 7, 3, 1)): "serverAuth",
    bytes((0x2B, 6, 1, 5, 5, 7, 3, 2)): "clientAuth",
    bytes((0x55, 0x1D, 0x25, 0)): "anyExtendedKeyUsage",
}


class NoCertificate(ValueError):
    """The bytes are no certificate in PEM form."""


@dataclass(frozen=True)
class Certificate:
    """`not_before` and `not_after` in seconds since the epoch; `names` are DNS names and addresses, in the form of
    Python's socket module.

    `fingerprint` is the SHA-256 of the whole. Key identifiers are those of its own key and of the key that signed it,
    empty where it does not say (RFC 5280, 4.2.1.1 and 4.2.1.2); `subject` and `issuer` are the two names. All of these
    in hexadecimal.

    `usages` is None where it does not restrict its use.
    """

    not_after: int
    names: frozenset[str]
    fingerprint: str = ""
    key_identifier: str = ""
    authority_key_identifier: str = ""
    subject: str = ""
    issuer: str = ""
    not_before: int = 0
    common_name: str = ""
    usages: frozenset[str] | None = None
    is_ca: bool = False


def read_certificate(pem: bytes) -> Certificate:
    """The first certificate in a PEM file. Raises NoCertificate."""
    return read_certificates(pem)[0]


def read_certificates(pem: bytes) -> list[Certificate]:
    """All certificates in a PEM file, at least one. Raises NoCertificate."""
    found = []
    position = pem.find(_BEGIN)
    while position >= 0:
        end = pem.find(_END, position)
        if end < 0:
            break
        try:
            content = binascii.a2b_base64(pem[position + len(_BEGIN) : end])
        except binascii.Error as error:
            raise NoCertificate(f"its certificate cannot be read ({error})") from error
        found.append(read_der(content))
        position = pem.find(_BEGIN, end)
    if not found:
        raise NoCertificate("it holds no certificate in PEM form")
    return found


def read_der(content: bytes) -> Certificate:
    """A certificate in the form that connections carry. Raises NoCertificate."""
    try:
        fields = _fields_of(content)
        extensions = dict(_extensions(fields))
        return Certificate(
            not_before=_time(fields, 0),
            not_after=_time(fields, 1),
            names=frozenset(_alternative_names(extensions.get(_SUBJECT_ALT_NAME, b""))),
            fingerprint=hashlib.sha256(content).hexdigest(),
            key_identifier=extensions.get(_SUBJECT_KEY_IDENTIFIER, b"").hex(),
            authority_key_identifier=_key_identifier(extensions.get(_AUTHORITY_KEY_IDENTIFIER, b"")).hex(),
            subject=fields[4][1].hex(),
            issuer=fields[2][1].hex(),
            common_name=_common_name(fields[4][1]),
            usages=_usages(extensions.get(_EXTENDED_KEY_USAGE)),
            is_ca=_is_ca(extensions.get(_BASIC_CONSTRAINTS, b"")),
        )
    except (IndexError, ValueError) as error:
        raise NoCertificate(f"its certificate cannot be read ({error})") from error


# A DER value: its tag, and its content.
Value = t.Tuple[int, bytes]


def _fields_of(certificate: bytes) -> list[Value]:
    """The fields of the signed part, without the optional version."""
    signed = _values(_values(certificate)[0][1])[0]
    fields = _values(signed[1])
    return fields[1:] if fields[0][0] == _VERSION else fields


def _values(content: bytes) -> list[Value]:
    values = []
    position = 0
    while position < len(content):
        tag, length, start = content[position], content[position + 1], position + 2
        if length & _LONG_FORM:
            size = length & ~_LONG_FORM
            length, start = int.from_bytes(content[start : start + size], "big"), start + size
        if start + length > len(content):
            raise ValueError("a field is longer than what holds it")
        values.append((tag, content[start : start + length]))
        position = start + length
    return values


def _time(fields: list[Value], which: int) -> int:
    # Serial number, algorithm, issuer, validity.
    tag, text = _values(fields[3][1])[which]
    digits = text.decode("ascii").rstrip("Z")
    if tag == _UTC_TIME:
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    return calendar.timegm((int(digits[:4]), *(int(digits[place : place + 2]) for place in range(4, 14, 2)), 0, 0, 0))


def _extensions(fields: list[Value]) -> t.Iterator[tuple[bytes, bytes]]:
    """Each extension's identifier, and what is in it."""
    for tag, content in fields:
        if tag != _EXTENSIONS:
            continue
        for extension in _values(_values(content)[0][1]):
            parts = _values(extension[1])
            yield parts[0][1], _values(parts[-1][1])[0][1]


def _common_name(subject: bytes) -> str:
    for _set, attributes in _values(subject):
        for _sequence, attribute in _values(attributes):
            (_tag, name), (_form, text) = _values(attribute)
            if name == _COMMON_NAME:
                return text.decode("utf-8", "replace")
    return ""


def _usages(extension: bytes | None) -> frozenset[str] | None:
    if extension is None:
        return None
    return frozenset(_USAGES[name] for _tag, name in _values(extension) if name in _USAGES)


def _is_ca(extension: bytes) -> bool:
    return any(tag == _BOOLEAN and any(value) for tag, value in _values(extension))


def _key_identifier(content: bytes) -> bytes:
    return next((value for tag, value in _values(content) if tag == _KEY_IDENTIFIER), b"")


def _alternative_names(content: bytes) -> t.Iterator[str]:
    for tag, name in _values(content):
        if tag == _DNS_NAME:
            yield name.decode("ascii").lower()
        elif tag == _IP_ADDRESS:
            yield socket.inet_ntop(socket.AF_INET if len(name) == 4 else socket.AF_INET6, name)
