# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What the TLS options mean to gRPC, which knows no `validate_certs` and no trust store of the system."""

from __future__ import annotations

import os
import re
import ssl
import typing as t

from . import errors, tls
from .open_socket import open_connection
from .rpcs import Rpc
from .tcp import TIMED_OUT, open_tcp, remaining
from .transport import failure

if t.TYPE_CHECKING:
    from .addresses import Address
    from .endpoint import Connection

Options = t.Tuple[t.Tuple[str, str], ...]


def credentials(
    grpc: t.Any, rpc: Rpc, address: Address, connection: Connection, deadline: float
) -> tuple[t.Any, Options]:
    """The channel's credentials, and its options. Raises EtcdError `tls_error`."""
    try:
        tls.client_context(connection)
        key, certificate = _identity(connection)
        if not connection.validate_certs:
            pinned, name = _presented_certificate(rpc, address, connection, deadline)
            return grpc.ssl_channel_credentials(pinned, key, certificate), (("grpc.ssl_target_name_override", name),)
        return grpc.ssl_channel_credentials(_roots(connection), key, certificate), ()
    except tls.TlsSettingsError as error:
        raise failure(errors.TLS_ERROR, rpc, address.url, str(error), sent=False, next_step=error.next_step) from error


def _identity(connection: Connection) -> tuple[bytes | None, bytes | None]:
    if connection.client_cert is None:
        return None, None
    certificate = tls.read_file(connection.client_cert, "client_cert")
    key = certificate if connection.client_key is None else tls.read_file(connection.client_key, "client_key")
    return key, certificate


def _roots(connection: Connection) -> bytes:
    if connection.ca_cert is not None:
        return tls.read_file(connection.ca_cert, "ca_cert")
    roots = _system_roots()
    if not roots:
        raise tls.TlsSettingsError(
            "this system has no trust store (ca_cert is not set)",
            "Set ca_cert to the CA that signed the server's certificate.",
        )
    return roots


def _system_roots() -> bytes:
    """The certificates that Python's ssl would trust by default: a file, or a folder of files named by hash."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return tls.read_file(paths.cafile, "trust store")
    if not paths.capath:
        return b""
    hashed = sorted(name for name in os.listdir(paths.capath) if re.fullmatch(r"[0-9a-f]{8}\.\d+", name))
    return b"\n".join(tls.read_file(os.path.join(paths.capath, name), "trust store") for name in hashed)


def _presented_certificate(rpc: Rpc, address: Address, connection: Connection, deadline: float) -> tuple[bytes, str]:
    """What `validate_certs: false` takes: the certificate that the server shows now, and a name that it holds.

    gRPC cannot leave a certificate unverified, so exactly this one is trusted, for this connection.
    """
    with open_connection(rpc, address, connection, deadline) as sock:
        presented = t.cast(ssl.SSLSocket, sock).getpeercert(binary_form=True) or b""
    pem = ssl.DER_cert_to_PEM_cert(presented)
    return pem.encode(), _name_in(rpc, pem, address, connection, deadline)


def _name_in(rpc: Rpc, pem: str, address: Address, connection: Connection, deadline: float) -> str:
    """Python tells the names of a verified certificate only, so this is verified against itself."""
    context = tls.client_context(connection)
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= 0x80000  # X509_V_FLAG_PARTIAL_CHAIN, named by Python from 3.10 on
    context.load_verify_locations(cadata=pem)
    try:
        with open_tcp(address.host, address.port, deadline) as sock:
            sock.settimeout(remaining(deadline))
            with tls.handshake(sock, address, context) as secured:
                names = secured.getpeercert() or {}
    except TIMED_OUT as error:
        raise failure(
            errors.TIMEOUT, rpc, address.url, "connected, but the TLS handshake did not end in time", sent=False
        ) from error
    except OSError as error:
        why = f"gRPC cannot use the server's certificate, even with validate_certs false: {error}"
        raise failure(
            errors.TLS_ERROR,
            rpc,
            address.url,
            why,
            sent=False,
            next_step="Use transport gateway, or renew the certificate.",
        ) from error
    alternatives = [str(pair[1]) for pair in names.get("subjectAltName", ())]
    common = [str(pair[1]) for part in names.get("subject", ()) for pair in part if pair[0] == "commonName"]
    return (alternatives + common + [address.host])[0]
