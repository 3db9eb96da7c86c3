# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Peer URLs: what may be sent to etcd, and when two of them mean the same address.

Stricter than etcd, whose member update checks nothing: a malformed URL in it makes every other member panic at each
start (etcd server/etcdserver/api/rafthttp/transport.go UpdatePeer; 3.4 to 3.7). Everything that reaches a client
adapter went through `normalise`.
"""

from __future__ import annotations

import ipaddress
import re

_URL = re.compile(
    r"(?P<scheme>(?i:https?))://(?P<host>\[[^\[\]/?#@]+\]|[^\[\]:/?#@]*)(?::(?P<port>[^:/?#@]*))?(?P<rest>.*)",
    re.DOTALL,
)
_HOST_NAME = re.compile(
    r"(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?"
)
_ANY_IPV4 = ".".join("0000")
_IPV6 = re.compile(r"[0-9a-f:.]+", re.IGNORECASE)
_ZONE = re.compile(r"[A-Za-z0-9_.~-]+")
_PORT = re.compile(r"[0-9]{1,5}")
_SHAPE = "use scheme://host:port with http or https, for example https://10.0.0.4:2380"


class InvalidPeerURLError(ValueError):
    """A peer URL, or a list of them, that must not reach etcd. The text says what is wrong and what was seen."""


def normalise(peer_urls: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The one form of a list of peer URLs: each normalised, sorted, without repetition in the input.

    Raises InvalidPeerURLError for an empty list, for a URL that cannot be a peer's address, and for one given twice.
    """
    if not peer_urls:
        raise InvalidPeerURLError(f"the list of peer URLs is empty; {_SHAPE}")
    urls = sorted(normalise_one(url) for url in peer_urls)
    for one, following in zip(urls, urls[1:]):
        if one == following:
            raise InvalidPeerURLError(f"the peer URL {one} is given twice; give each address once")
    return tuple(urls)


def normalise_one(url: str) -> str:
    """`scheme://host:port` in lower case, IPv6 compressed, without a trailing slash. Raises InvalidPeerURLError."""
    text = str(url).strip()
    match = _URL.fullmatch(text)
    if not match:
        raise InvalidPeerURLError(f"{url!r} is not a peer URL: {_why_no_url(text)}; {_SHAPE}")
    problem = _problem_of(match)
    if problem:
        raise InvalidPeerURLError(f"{url!r} is not a peer URL: {problem}; {_SHAPE}")
    return f"{match['scheme'].lower()}://{_host(match['host'])}:{int(match['port'])}"


def problem_of(url: str, to_listen: bool = False) -> str:
    """Why this is not the URL of a member, or an empty text. One `to_listen` on has an address, also that of all
    interfaces, and not a name.
    """
    text = url.strip()
    match = _URL.fullmatch(text)
    if not match:
        return f"{_why_no_url(text)}; {_SHAPE}"
    host = match["host"]
    if to_listen and host in (_ANY_IPV4, "[::]"):
        match = _URL.fullmatch(text.replace(host, "127.0.0.1", 1)) or match
    problem = _problem_of(match)
    if problem:
        return f"{problem}; {_SHAPE}"
    is_address = host.startswith("[") or re.fullmatch(r"[0-9.]+", host)
    if is_address or not to_listen:
        return ""
    return (
        f"etcd listens on addresses, and {host!r} is a name; give an address of the host, or 0.0.0.0 or [::] for all "
        "of its addresses"
    )


def comparable(peer_urls: list[str] | tuple[str, ...]) -> frozenset[str]:
    """A set for comparing what a cluster has stored, which may be anything, with a normalised goal."""
    return frozenset(_comparable_one(url) for url in peer_urls)


def addresses(peer_urls: list[str] | tuple[str, ...]) -> frozenset[str]:
    """The `host:port` of each URL: two members cannot listen on one, whatever the scheme."""
    return frozenset(url.split("://", 1)[-1] for url in comparable(peer_urls))


def _comparable_one(url: str) -> str:
    try:
        return normalise_one(url)
    except InvalidPeerURLError:
        return url.strip()


def _why_no_url(text: str) -> str:
    if not text:
        return "it is empty"
    if "://" not in text:
        return "it has no scheme"
    return "the scheme is {!r}".format(text.split("://", 1)[0])


def _problem_of(match: re.Match[str]) -> str:
    """What is wrong with the parts of a URL, or an empty text."""
    host, port, rest = match["host"], match["port"], match["rest"]
    if "@" in rest:
        return "it carries user information"
    if rest.startswith(":"):
        return "it has too many colons (an IPv6 address stands in brackets)"
    if not host:
        return "it has no host"
    if port is None and rest in ("", "/"):
        return "it has no port"
    if rest not in ("", "/"):
        return f"nothing may follow the port, but {rest!r} does"
    if not _PORT.fullmatch(port or "") or not 1 <= int(port) <= 65535:
        return f"the port {port!r} is not a number from 1 to 65535"
    return _problem_of_host(host)


def _problem_of_host(host: str) -> str:
    if host.startswith("["):
        return _problem_of_ipv6(host[1:-1])
    if not _HOST_NAME.fullmatch(host.lower()):
        return f"the host {host!r} is neither a host name nor an address"
    if re.fullmatch(r"[0-9.]+", host):
        parts = host.split(".")
        if len(parts) != 4 or any(not part or int(part) > 255 or (len(part) > 1 and part[0] == "0") for part in parts):
            return f"the host {host!r} is not an IPv4 address"
        if host == _ANY_IPV4:
            return "0.0.0.0 is an address to listen on, not one that other members can reach"
    return ""


def _problem_of_ipv6(text: str) -> str:
    address, _percent, zone = text.partition("%25")
    if _percent and not _ZONE.fullmatch(zone):
        return f"the zone {zone!r} of the IPv6 address cannot be read"
    parsed = _ipv6(address)
    if parsed is None:
        return f"{text!r} is not an IPv6 address"
    if parsed == "::":
        return "[::] is an address to listen on, not one that other members can reach"
    return ""


def _ipv6(address: str) -> str | None:
    # From 3.9 on Python reads `fe80::1%eth0`. Go does not: in a URL the zone follows %25.
    if not _IPV6.fullmatch(address):
        return None
    try:
        return ipaddress.IPv6Address(address).compressed
    except ValueError:
        return None


def _host(host: str) -> str:
    if not host.startswith("["):
        return host.lower()
    address, percent, zone = host[1:-1].partition("%25")
    return f"[{_ipv6(address)}{percent}{zone}]"
