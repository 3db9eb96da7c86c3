# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Which certificate an address of etcd serves, and whether it accepts another one: found out by a handshake with it."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass

from .._formats.x509 import Certificate, NoCertificate, read_der
from . import tls
from .addresses import parse_endpoint
from .endpoint import Connection
from .tcp import TIMED_OUT, open_tcp, remaining, words_of

_REQUEST = b"GET /version HTTP/1.0\r\n\r\n"


@dataclass(frozen=True)
class Served:
    """What an address serves, None where no handshake came about; `problem` says why ours was not accepted, `untrusted`
    why what it serves was not, each empty where it was.
    """

    url: str
    certificate: Certificate | None = None
    problem: str = ""
    untrusted: str = ""


def look_at(url: str, client_cert: str, client_key: str, timeout: float, ca_cert: str = "") -> Served:
    """Shakes hands with a client or peer URL, as whom these two files say, and asks for its release; takes at most
    `timeout` seconds.

    Raises InvalidEndpoint. The files may be empty texts. Without `ca_cert` nothing is said about trust in what is
    served: it may be of a CA that this host does not know.
    """
    address = parse_endpoint(url, "https")
    connection = Connection(
        endpoints=(url,),
        client_cert=client_cert or None,
        client_key=client_key or None,
        ca_cert=ca_cert or None,
        validate_certs=bool(ca_cert),
    )
    deadline = time.monotonic() + timeout
    certificate = None
    try:
        context = tls.client_context(connection)
        context.verify_flags |= tls.PARTIAL_CHAIN
        with open_tcp(address.host, address.port, deadline) as plain:
            plain.settimeout(remaining(deadline))
            with tls.handshake(plain, address, context) as secured:
                certificate = _served(secured)
                # Since TLS 1.3 a client learns only from the first answer that its certificate was refused.
                secured.sendall(_REQUEST)
                return Served(
                    url, certificate, "" if secured.recv(5) == b"HTTP/" else "it ended the connection without an answer"
                )
    except tls.TlsSettingsError as error:
        return Served(url, certificate, str(error))
    except ssl.SSLCertVerificationError as error:
        return Served(url, certificate, untrusted=tls.explain(error, connection)[0])
    except TIMED_OUT:
        return Served(url, certificate, "it did not answer in time")
    except NoCertificate as error:
        return Served(url, certificate, str(error))
    except OSError as error:
        return Served(url, certificate, words_of(error))


def _served(secured: ssl.SSLSocket) -> Certificate:
    return read_der(secured.getpeercert(binary_form=True) or b"")
