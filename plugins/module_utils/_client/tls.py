# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""TLS towards etcd: what the options mean, and what its failures mean in words that lead on.

https never becomes plaintext, and a server is trusted through `ca_cert` alone when that is given, through the system's
trust store otherwise, and unproven only with `validate_certs: false`. An http endpoint is plaintext, whatever the
options.
"""

from __future__ import annotations

import socket
import ssl
import typing as t

if t.TYPE_CHECKING:
    from .addresses import Address
    from .endpoint import Connection

# etcd trusts every certificate in a CA bundle, also one that another CA signed; OpenSSL does so with this flag
# (x509_vfy.h; Python has a name for it since 3.10).
PARTIAL_CHAIN = 0x80000


class TlsSettingsError(Exception):
    """The TLS options cannot be used; `next_step` says which to mend."""

    def __init__(self, why: str, next_step: str) -> None:
        super().__init__(why)
        self.next_step = next_step


def read_file(path: str, option: str) -> bytes:
    """The bytes of a PEM file. Raises TlsSettingsError that names the option."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise TlsSettingsError(
            f"cannot read {option} {path}: {error.strerror}", "Check the path and its permissions."
        ) from error


def client_context(connection: Connection) -> ssl.SSLContext:
    """The context for https towards etcd. Raises TlsSettingsError for files that are missing, unreadable or no PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not connection.validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    _trust(context, connection)
    _identify(context, connection)
    return context


def _trust(context: ssl.SSLContext, connection: Connection) -> None:
    if connection.ca_cert is None:
        if connection.validate_certs:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return
    read_file(connection.ca_cert, "ca_cert")
    try:
        context.load_verify_locations(connection.ca_cert)
    except ssl.SSLError as error:
        raise TlsSettingsError(
            f"ca_cert {connection.ca_cert} holds no certificate that can be read: {error}",
            "Give a file of PEM certificates.",
        ) from error


def _identify(context: ssl.SSLContext, connection: Connection) -> None:
    certificate, key = connection.client_cert, connection.client_key
    if certificate is None and key is None:
        return
    if certificate is None:
        raise TlsSettingsError("client_key is given without client_cert", "Give both, or neither.")
    read_file(certificate, "client_cert")
    if key is not None:
        read_file(key, "client_key")
    try:
        # Without a password callback OpenSSL would ask for the password of an encrypted key on the terminal.
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise TlsSettingsError(*_why_no_identity(certificate, key or certificate, error)) from error


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _why_no_identity(certificate: str, key: str, error: Exception) -> tuple[str, str]:
    if isinstance(error, ValueError) and not isinstance(error, ssl.SSLError):
        return f"client_key {key} is encrypted", "Give a key without a passphrase, readable by its owner only."
    if "KEY_VALUES_MISMATCH" in str(error):
        return (
            f"client_key {key} does not belong to client_cert {certificate}",
            "Give the key that the certificate was made for.",
        )
    return (
        f"client_cert {certificate} and client_key {key} are not a certificate and its key in PEM: {error}",
        "Give PEM files; a certificate without client_key must hold its key too.",
    )


def handshake(sock: socket.socket, address: Address, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Speaks TLS on a connected socket, within its timeout."""
    return context.wrap_socket(sock, server_hostname=address.host.partition("%")[0])


# OpenSSL's words for an answer that is no TLS record.
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH")


def explain_plaintext(error: Exception) -> tuple[str, str]:
    """The words for a port that does not speak TLS at all."""
    return (
        f"this port does not speak TLS ({error})",
        "Use http:// if the server is meant to be plaintext. The playbook quorum.etcd.migrate_tls brings TLS to it.",
    )


def explain(error: Exception, connection: Connection) -> tuple[str, str]:
    """Why TLS failed, with the library's words, and what to do next."""
    words = str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(error, connection)
    if any(sign in words for sign in _NO_TLS):
        return explain_plaintext(error)
    if connection.client_cert is None:
        return (
            f"the server ended the TLS connection ({words})",
            "It probably demands a client certificate: set client_cert and client_key.",
        )
    return (
        f"the server did not accept client_cert {connection.client_cert} ({words})",
        "Check that it is in date, signed by the server's trusted CA and made for client authentication.",
    )


# OpenSSL's numbers for why a certificate did not verify (openssl/x509_vfy.h).
_EXPIRED = 10
# Issuer not found, self-signed, self-signed in the chain, issuer not found locally, no signature verified.
_UNKNOWN_CA = frozenset((2, 18, 19, 20, 21))
_HOSTNAME_MISMATCH = 62
_IP_ADDRESS_MISMATCH = 64


def is_trust_unknown(error: Exception) -> bool:
    """Whether a certificate chain ends at a CA that is not trusted here, or is its own."""
    return isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in _UNKNOWN_CA


def is_hang_up(error: Exception) -> bool:
    """Whether the other side just closed the connection.

    Debian 12's Python (3.11.2) tells this of a handshake as an orderly end of TLS.
    """
    return isinstance(error, (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError))


def is_alert(error: Exception) -> bool:
    """Whether the other side ended the handshake in TLS's own words."""
    return isinstance(error, ssl.SSLError) and "ALERT" in str(error).upper()


def is_name_mismatch(error: ssl.SSLCertVerificationError) -> bool:
    """Whether the certificate is trusted but made for another host."""
    return error.verify_code in (_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH)


def _explain_certificate(error: ssl.SSLCertVerificationError, connection: Connection) -> tuple[str, str]:
    if is_name_mismatch(error):
        return (
            f"the server's certificate is for another host: {error.verify_message}",
            "Use an endpoint that the certificate names.",
        )
    if error.verify_code == _EXPIRED:
        return "the server's certificate has expired", "Renew it, and check this host's clock."
    source = connection.ca_cert or "the system's trust store (ca_cert is not set)"
    return (
        f"the server's certificate is not trusted by {source}: {error.verify_message}",
        "Set ca_cert to the CA that signed it.",
    )


def is_spoken_at(address: Address, patience: float = 1.0) -> bool:
    """Whether the port answers a TLS greeting with TLS, accepted or not. For telling why plaintext got no answer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((address.host, address.port), patience) as sock, context.wrap_socket(sock):
            return True
    except OSError as error:
        return is_alert(error)
