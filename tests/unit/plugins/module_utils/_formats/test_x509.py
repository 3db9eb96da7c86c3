# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading certificates with nothing but the standard library, against the library that everybody else uses."""

from __future__ import annotations

import datetime

import pytest
import trustme
from ansible_collections.quorum.etcd.plugins.module_utils._formats.x509 import (
    NoCertificate,
    read_certificate,
    read_certificates,
    read_der,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

CA = trustme.CA()
NAMES = ("localhost", "n1.example.org", "10.0.0.1", "fd00::17", "::1")


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize("key_type", list(trustme.KeyType))
@pytest.mark.parametrize(
    "ends", ["2031-02-03T04:05:06", "2049-12-31T23:59:59", "2050-01-01T00:00:00", "2999-01-01T00:00:00"]
)
def test_end_and_names_are_those_of_the_certificate(key_type, ends):
    pem = CA.issue_cert(*NAMES, key_type=key_type, not_after=utc(ends)).cert_chain_pems[0].bytes()
    found = read_certificate(pem)
    assert found.names == set(NAMES)
    assert (
        found.not_after == x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp() == utc(ends).timestamp()
    )


def test_a_ca_has_no_names():
    assert read_certificate(CA.cert_pem.bytes()).names == frozenset()


def test_what_a_certificate_is_for_is_that_of_the_certificate():
    """trustme allows both usages to a leaf, and restricts no CA."""
    leaf, ca = read_certificate(PEM), read_certificate(CA.cert_pem.bytes())
    reference = x509.load_pem_x509_certificate(PEM)
    assert leaf.not_before == reference.not_valid_before_utc.timestamp()
    assert (leaf.usages, leaf.is_ca, leaf.common_name) == ({"serverAuth", "clientAuth"}, False, "")
    assert (ca.usages, ca.is_ca) == (None, True)
    named = CA.issue_cert("n1", common_name="Grüße").cert_chain_pems[0].bytes()
    assert read_certificate(named).common_name == "Grüße"


def test_of_a_chain_the_first_certificate_counts():
    leaf, ca = CA.issue_cert("leaf").cert_chain_pems[0].bytes(), CA.cert_pem.bytes()
    assert read_certificate(b"issued for a host\n" + leaf + ca).names == {"leaf"}


def test_who_it_is_and_who_signed_it_are_told_by_name_and_by_key():
    pem = CA.issue_cert("leaf").cert_chain_pems[0].bytes()
    reference = x509.load_pem_x509_certificate(pem)
    found, ca = read_certificate(pem), read_certificate(CA.cert_pem.bytes())
    assert found.fingerprint == reference.fingerprint(hashes.SHA256()).hex()
    assert (
        found.key_identifier
        == reference.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
    )
    assert found.authority_key_identifier == ca.key_identifier != ""
    assert found.issuer == ca.subject != found.subject
    assert read_certificate(trustme.CA().cert_pem.bytes()).key_identifier != ca.key_identifier


def test_the_certificate_of_a_connection_is_the_one_of_the_file():
    assert read_der(x509.load_pem_x509_certificate(PEM).public_bytes(serialization.Encoding.DER)) == read_certificate(
        PEM
    )


def test_of_a_bundle_every_certificate_is_read():
    pems = [CA.cert_pem.bytes(), b"of another house\n", trustme.CA().cert_pem.bytes()]
    found = read_certificates(b"\n".join(pems))
    assert [one.fingerprint for one in found] == [
        read_certificate(pems[0]).fingerprint,
        read_certificate(pems[2]).fingerprint,
    ]


PEM = CA.issue_cert(*NAMES).cert_chain_pems[0].bytes()


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"text",
        CA.private_key_pem.bytes(),
        PEM[:300] + b"\n-----END CERTIFICATE-----",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ],
)
def test_what_is_no_certificate_is_said_to_be_none(pem):
    with pytest.raises(NoCertificate):
        read_certificate(pem)
