# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Where an endpoint is: `http://10.0.0.1:2379`, `https://[::1]:2379`, and what etcdctl also takes, `10.0.0.1:2379`."""

from __future__ import annotations

import re
import typing as t

_FORMS = "http://host:port or https://host:port (an IPv6 address in brackets)"
_URL = re.compile(r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_AUTHORITY = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._~%-]+)?)\]|(?P<host>[\w.-]+))(?::(?P<port>[^:]*))?"
)


class InvalidEndpoint(ValueError):
    """The text is not the address of an endpoint; says what was seen and what is accepted."""


class Address(t.NamedTuple):
    """A client or peer URL taken apart. `host` without brackets, a zone as the system wants it (`fe80::1%eth0`)."""

    scheme: str
    host: str
    port: int

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"

    @property
    def host_and_port(self) -> str:
        return ("[%s]:%d" if ":" in self.host else "%s:%d") % (self.host, self.port)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host_and_port}"


def parse_endpoint(text: str, default_scheme: str = "http") -> Address:
    """Takes an endpoint apart; `default_scheme` serves a text that names none. Raises InvalidEndpoint."""
    bare = text.strip()
    match = _URL.fullmatch(bare)
    if not bare or match is None:
        raise InvalidEndpoint(f"an endpoint is empty: give it as {_FORMS}")
    if "@" in match.group("authority"):
        raise InvalidEndpoint(
            "an endpoint carries a user name before its host: give username and password as options of their own"
        )
    if "," in bare:
        raise InvalidEndpoint(f"endpoint {bare!r} is several in one text: give each as an item of its own")
    scheme = (match.group("scheme") or default_scheme).lower()
    if scheme not in ("http", "https"):
        raise InvalidEndpoint(f"endpoint {bare!r} has the scheme {scheme!r}: give it as {_FORMS}")
    if match.group("rest") not in ("", "/"):
        raise InvalidEndpoint(
            "endpoint {!r} goes on after its port with {!r}: give it as {}".format(bare, match.group("rest"), _FORMS)
        )
    parts = _AUTHORITY.fullmatch(match.group("authority"))
    if parts is None:
        raise InvalidEndpoint(f"endpoint {bare!r} has no host that can be read: give it as {_FORMS}")
    return Address(
        scheme, (parts.group("ipv6") or parts.group("host")).replace("%25", "%"), _port(bare, parts.group("port"))
    )


def _port(text: str, port: str | None) -> int:
    if port is None:
        raise InvalidEndpoint(f"endpoint {text!r} has no port: etcd's own is 2379")
    if not port.isdecimal() or not port.isascii() or not 1 <= int(port) <= 65535:
        raise InvalidEndpoint(f"endpoint {text!r} has the port {port!r}: it must be a number from 1 to 65535")
    return int(port)
