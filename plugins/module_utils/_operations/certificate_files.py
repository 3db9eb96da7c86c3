# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Proving keys and certificates before etcd uses them: what they say, whether they fit, and a handshake in memory."""

from __future__ import annotations

import ssl
import typing as t

from .._client import tls
from .._formats.x509 import NoCertificate, read_certificates
from .._membership.certificate_problems import CLIENT_AUTH, SERVER_AUTH, Use, problems_of
from .._membership.renewal import Issued
from .file_facts import issued

# A handshake takes three; the fourth finds that there is nothing left to say.
_ROUNDS = 8


def find_problems(uses: t.Sequence[Use], now: float) -> list[str]:
    """What is wrong with these certificates, at the time `now`; empty if etcd can use all of them."""
    found: dict[str, None] = {}
    for use in uses:
        found.update(dict.fromkeys(_of_files(use, now)))
    if not found:
        # Only a handshake verifies signatures; before, it would name the problems above in OpenSSL's words.
        found.update(dict.fromkeys(_of_handshakes(uses)))
    return list(found)


def _of_files(use: Use, now: float) -> t.Iterator[str]:
    chain, cas = _read(use.certificate), _read(use.ca_cert)
    yield from (one for one in (chain, cas) if isinstance(one, str))
    if isinstance(chain, str):
        return
    if not isinstance(cas, str):
        yield from problems_of(use, chain, cas, now)
    problem = key_problem(use.certificate, use.key)
    if problem:
        yield problem


def key_problem(certificate: str, key: str) -> str:
    """Why a key (a path) cannot be used with a certificate that can be read; empty if it can."""
    try:
        _identify(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key)
    except ssl.SSLError as error:
        if "KEY_VALUES_MISMATCH" in str(error):
            return f"{key} is not the key of {certificate}: the two must belong together"
        return f"{key} and {certificate} cannot be used as a key and its certificate: {error}"
    except OSError as error:
        return f"{key} cannot be read: {error.strerror}"
    except ValueError:
        return f"{key} is encrypted: etcd needs a key without a passphrase"
    return ""


def _identify(context: ssl.SSLContext, certificate: str, key: str) -> None:
    # Without a password callback OpenSSL would ask for the password of an encrypted key on the terminal.
    context.load_cert_chain(certificate, key, password=_no_password)


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _read(path: str) -> list[Issued] | str:
    try:
        with open(path, "rb") as file:
            return [issued(one) for one in read_certificates(file.read())]
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    except NoCertificate as problem:
        return f"{path} cannot be used: {problem}"


def _of_handshakes(uses: t.Sequence[Use]) -> t.Iterator[str]:
    servers = [use for use in uses if SERVER_AUTH in use.usages]
    for client in (use for use in uses if CLIENT_AUTH in use.usages):
        # A server is also its own client, as etcd's JSON gateway and its peers are.
        server = next((use for use in (client, *servers) if use in servers and use.ca_cert == client.ca_cert), None)
        for name in (server.names or ("localhost",)) if server else ():
            words = _shake_hands(t.cast(Use, server), client, name)
            if words:
                yield f"a TLS handshake of {client.certificate} with {t.cast(Use, server).certificate} fails: {words}"
                break


def _shake_hands(server: Use, client: Use, name: str) -> str:
    """Why a client cannot reach the server under this name; empty if it can. Without a network."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = _context(ssl.PROTOCOL_TLS_CLIENT, client)
    hello.check_hostname = bool(server.names)
    answer = _context(ssl.PROTOCOL_TLS_SERVER, server)
    answer.verify_mode = ssl.CERT_REQUIRED
    pending = [
        hello.wrap_bio(to_client, to_server, server_hostname=name),
        answer.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _round in range(_ROUNDS):
        for side in tuple(pending):
            try:
                side.do_handshake()
                pending.remove(side)
            except ssl.SSLWantReadError:
                continue
            except OSError as error:
                return str(getattr(error, "verify_message", "") or error)
    return "it does not end" if pending else ""


def _context(protocol: t.Any, use: Use) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    _identify(context, use.certificate, use.key)
    context.load_verify_locations(use.ca_cert)
    context.verify_flags |= tls.PARTIAL_CHAIN
    return context
