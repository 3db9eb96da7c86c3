# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates with one fault each, made by a real CA: each is refused before etcd uses it, in words that name it."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.integration.modules.driver import Run, run_main

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
ADDRESS = "10.0.0.1"
PASSPHRASE = b"not for etcd"


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA(organization_name="ours")


def pem_of(key: ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> bytes:
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def give(
    folder: Path,
    ca: trustme.CA,
    *,
    names: tuple[str, ...] = (ADDRESS,),
    begins: datetime.datetime = NOW - DAY,
    ends: datetime.datetime = NOW + 90 * DAY,
    usages: tuple[x509.ObjectIdentifier, ...] = (SERVER, CLIENT),
    common_name: str = "",
    signing_key: Any = None,
) -> dict[str, str]:
    """A certificate, its key and the bundle of its CA, as the options of the module name them."""
    signer = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ours")]
    subject += [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .issuer_name(signer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            ),
            critical=False,
        )
    )
    if names:
        alternatives = trustme.CA().issue_cert(*names).cert_chain_pems[0].bytes()
        builder = builder.add_extension(
            x509.load_pem_x509_certificate(alternatives)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value,
            critical=False,
        )
    private = serialization.load_pem_private_key(ca.private_key_pem.bytes(), None)
    certificate = builder.sign(signing_key or private, hashes.SHA256())  # type: ignore[arg-type]
    (folder / "n1.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "n1.key").write_bytes(pem_of(key))
    (folder / "ca.crt").write_bytes(ca.cert_pem.bytes())
    return {"certificate": str(folder / "n1.crt"), "key": str(folder / "n1.key"), "ca_cert": str(folder / "ca.crt")}


def check(files: dict[str, str], **options: Any) -> Run:
    return run_main("etcd_certificate_check", {"certificates": [{**files, "names": [ADDRESS], **options}]})


def refused(run: Run) -> str:
    assert run.refusal == "unusable_certificate", run
    return run["refusal"]["message"]


def test_what_etcd_can_use_is_accepted(tmp_path, ca):
    run = check(give(tmp_path, ca))
    assert (run.ok, run["changed"]) == (True, False), run


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"ends": NOW - datetime.timedelta(hours=1)}, "n1.crt has expired less than a day ago"),
        ({"begins": NOW + 3 * DAY}, "n1.crt is not valid before 2 days from now"),
        ({"names": ("n1.example.org",)}, "n1.crt does not name 10.0.0.1, but n1.example.org"),
        ({"names": ()}, "n1.crt does not name 10.0.0.1, but nothing"),
        ({"usages": (CLIENT,)}, "n1.crt is not for serverAuth, but for clientAuth"),
        ({"usages": (SERVER,)}, "n1.crt is not for clientAuth, but for serverAuth"),
    ],
)
def test_a_certificate_with_one_fault_is_refused_with_that_one(tmp_path, ca, fault, words):
    message = refused(check(give(tmp_path, ca, **fault)))
    assert words in message
    assert ";" not in message


def test_a_key_of_another_certificate_is_refused(tmp_path, ca):
    files = give(tmp_path, ca)
    (tmp_path / "n1.key").write_bytes(pem_of(ec.generate_private_key(ec.SECP256R1())))
    assert refused(check(files)) == (
        f"{files['key']} is not the key of {files['certificate']}: the two must belong together"
    )


def test_a_key_with_a_passphrase_is_refused(tmp_path, ca):
    files = give(tmp_path, ca)
    (tmp_path / "n1.key").write_bytes(pem_of(ec.generate_private_key(ec.SECP256R1()), PASSPHRASE))
    assert refused(check(files)) == f"{files['key']} is encrypted: etcd needs a key without a passphrase"


def test_a_certificate_of_another_ca_is_refused(tmp_path, ca):
    files = give(tmp_path, ca)
    (tmp_path / "ca.crt").write_bytes(trustme.CA().cert_pem.bytes())
    assert "n1.crt was not signed by a CA in" in refused(check(files))


def test_a_bundle_that_is_no_ca_is_refused(tmp_path, ca):
    files = give(tmp_path, ca, common_name="n1")
    (tmp_path / "ca.crt").write_bytes((tmp_path / "n1.crt").read_bytes())
    assert "ca.crt holds a certificate that is not a CA (n1)" in refused(check(files))


def test_a_signature_that_only_claims_to_be_of_the_ca_is_refused(tmp_path, ca):
    """It says the right names and key identifiers, which is all that can be read of it; TLS finds it out."""
    forged = give(tmp_path, ca, signing_key=ec.generate_private_key(ec.SECP256R1()))
    assert "a TLS handshake of" in refused(check(forged))


def test_a_common_name_is_refused_where_etcd_takes_it_for_a_user(tmp_path, ca):
    files = give(tmp_path, ca, usages=(CLIENT,), common_name="admin")
    client = {"names": [], "usages": ["clientAuth"]}
    assert check(files, **client).ok
    assert "n1.crt has the common name admin" in refused(check(files, **client, anonymous=True))


@pytest.mark.parametrize("file", ["certificate", "key", "ca_cert"])
def test_a_file_that_is_not_there_is_named(tmp_path, ca, file):
    files = give(tmp_path, ca)
    Path(files[file]).unlink()
    assert refused(check(files)) == f"{files[file]} cannot be read: No such file or directory"


@pytest.mark.parametrize("file", ["certificate", "key", "ca_cert"])
def test_a_file_that_is_something_else_is_named(tmp_path, ca, file):
    files = give(tmp_path, ca)
    Path(files[file]).write_text("nothing in PEM")
    assert files[file] in refused(check(files))


def test_a_ca_that_another_ca_signed_is_trusted_as_etcd_trusts_it(tmp_path):
    """The root is not in the bundle."""
    assert check(give(tmp_path, trustme.CA().create_child_ca())).ok


def test_a_chain_leads_over_a_ca_between(tmp_path):
    root = trustme.CA()
    between = root.create_child_ca()
    files = give(tmp_path, between)
    (tmp_path / "ca.crt").write_bytes(root.cert_pem.bytes())
    assert "n1.crt was not signed by a CA in" in refused(check(files))
    (tmp_path / "n1.crt").write_bytes((tmp_path / "n1.crt").read_bytes() + between.cert_pem.bytes())
    assert check(files).ok


def test_a_client_is_tried_against_the_server_of_its_ca(tmp_path, ca):
    for name in ("server", "client"):
        (tmp_path / name).mkdir()
    server = {**give(tmp_path / "server", ca), "names": [ADDRESS]}
    client = {**give(tmp_path / "client", ca, usages=(CLIENT,), names=()), "usages": ["clientAuth"]}
    client["ca_cert"] = server["ca_cert"]
    assert run_main("etcd_certificate_check", {"certificates": [server, client]}).ok
    other_key = ec.generate_private_key(ec.SECP256R1())
    forged = give(tmp_path / "client", ca, usages=(CLIENT,), names=(), signing_key=other_key)
    client = {**client, **forged, "ca_cert": server["ca_cert"]}
    assert "client/n1.crt with" in refused(run_main("etcd_certificate_check", {"certificates": [server, client]}))
