# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peer URLs: what etcd would take, what it would refuse, what kills clusters, and which of them are one address."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.peer_urls import (
    InvalidPeerURLError,
    addresses,
    comparable,
    normalise,
    normalise_one,
)

# What etcd accepts (measured through member add, 3.5.30), and so do we: in this form.
ACCEPTED = {
    "http://127.0.0.1:2380": "http://127.0.0.1:2380",
    "https://h:2380": "https://h:2380",
    "HTTP://H:2380": "http://h:2380",
    "http://h:08": "http://h:8",
    "http://[::1]:2380": "http://[::1]:2380",
    "http://[fe80::1%25eth0]:2380": "http://[fe80::1%25eth0]:2380",
    "http://h_x:1": "http://h_x:1",
    "  http://h:1  ": "http://h:1",
    "http://h:1\n": "http://h:1",
    "http://etcd-0.etcd.default.svc.cluster.local:2380": "http://etcd-0.etcd.default.svc.cluster.local:2380",
    "http://h:1/": "http://h:1",
    "https://10.0.0.4:65535": "https://10.0.0.4:65535",
    "http://[2001:DB8:0:0:0:0:0:7]:2380": "http://[2001:db8::7]:2380",
}

# What etcd accepts and we do not: it could be no other member's way to this one, or would be stored otherwise than
# given.
STRICTER = [
    "http://h:",
    "http://:2380",
    "http://h:99999",
    "http://h:0",
    "http://h:65536",
    "http://h:1?x=1",
    "http://h:1#f",
    "http://u:p@h:1",
    "http://u@h:1",
    "http://ü:1",
    "unix://foo",
    "unixs:///a/b",
    "unix:/a",
    "unix:a",
    "http://0.0.0.0:2380",
    "http://[::]:2380",
    "http://[0:0::0]:2380",
    "http://10.0.0.256:2380",
    "http://10.0.0:2380",
    "http://010.0.0.1:2380",
    "http://1.2.3.4.5:2380",
    "http://-h:2380",
    "http://h-:2380",
    "http://h..i:2380",
    "http://.:2380",
    "http://" + "h" * 64 + ":2380",
    "http://" + ".".join(["h" * 60] * 5) + ":2380",
]

# What etcd's member add refuses. Its member update takes it, and then every other member panics at each start.
REFUSED = [
    "",
    "   ",
    "h:2380",
    "127.0.0.1:2380",
    "//h:1",
    "tcp://h:1",
    "http://",
    "http:h:1",
    "http:/h:1",
    "http://h",
    "http://h/",
    "http://[::1]",
    "http://::1:2380",
    "http://h:abc",
    "http://h:-1",
    "http://h:+1",
    "http://h: 1",
    "http://h:1//",
    "http://h:1/p",
    "http://h:1,http://i:1",
    "http://h,i:1",
    "http://h h:1",
    "http://h%41:1",
    "http://h:1:2",
    "http://[::1:2380",
    "http://::1]:2380",
    "http://[]:2380",
    "http://[h]:2380",
    "http://[10.0.0.1]:2380",
    "http://[::1]x:2380",
    "http://[fe80::1%25]:2380",
    "http://[fe80::1%25eth 0]:2380",
    "http://h\n:1",
    "http://h:1\nhttp://i:1",
    "http://h\x00:1",
    "foo",
    "://127.0.0.1:2379",
    "mailto://127.0.0.1:2379",
    "http://127.0.0.1",
    "http://127.0.0.1:2379/path",
    "127.0.0.1:1234",
    "localhost:1234",
]

# Python reads these as addresses or numbers, Go does not.
ONLY_PYTHON = [
    "http://[fe80::1%eth0]:2380",
    "http://[::1%1]:2380",
    "http://h:\u0661\u0662",
    "http://h:1_0",
    "http://h:" + "1" * 5000,
    "http://h:" + "0" * 5000 + "1",
]


@pytest.mark.parametrize(("given", "form"), ACCEPTED.items())
def test_a_url_that_other_members_can_use_gets_its_one_form(given, form):
    assert normalise_one(given) == form
    assert normalise_one(form) == form


@pytest.mark.parametrize("given", [*REFUSED, *STRICTER, *ONLY_PYTHON])
def test_a_url_that_is_no_peers_address_never_gets_to_etcd(given):
    with pytest.raises(InvalidPeerURLError) as caught:
        normalise([given])
    assert repr(given) in str(caught.value), "what was seen"
    assert "https://10.0.0.4:2380" in str(caught.value), "what to do instead"


@pytest.mark.parametrize(
    ("given", "reason"),
    {
        "": "it is empty",
        "10.0.0.4:2380": "no scheme",
        "unix://etcd": "the scheme is 'unix'",
        "tcp://h:1": "the scheme is 'tcp'",
        "http://10.0.0.4": "no port",
        "http://10.0.0.4/": "no port",
        "http://h:2380/members": "'/members'",
        "http://h:2380?x": "'?x'",
        "http://u:p@h:1": "user information",
        "http://:2380": "no host",
        "http://h:99999": "'99999' is not a number from 1 to 65535",
        "http://10.0.0.300:1": "not an IPv4 address",
        "http://h%41:1": "neither a host name nor an address",
        "http://0.0.0.0:1": "an address to listen on",
        "http://[::]:1": "an address to listen on",
        "http://[::g]:1": "not an IPv6 address",
        "http://::1:2380": "stands in brackets",
        "http://fe80::1:2380": "stands in brackets",
    }.items(),
)
def test_the_message_says_what_is_wrong(given, reason):
    with pytest.raises(InvalidPeerURLError) as caught:
        normalise_one(given)
    assert reason in str(caught.value)


@pytest.mark.parametrize("given", [None, 2380, ["http://h:1"], {"url": "http://h:1"}, b"http://h:1"])
def test_what_is_no_text_is_no_url(given):
    with pytest.raises(InvalidPeerURLError):
        normalise([given])


def test_an_empty_list_never_gets_to_etcd():
    with pytest.raises(InvalidPeerURLError) as caught:
        normalise([])
    assert "empty" in str(caught.value)


@pytest.mark.parametrize(
    "twice",
    [
        ["http://h:1", "http://h:1"],
        ["http://h:1", "HTTP://H:1/"],
        ["http://h:1", "http://i:1", "http://h:01"],
        ["http://[::1]:1", "http://[0:0:0:0:0:0:0:1]:1"],
    ],
)
def test_an_address_that_is_given_twice(twice):
    with pytest.raises(InvalidPeerURLError) as caught:
        normalise(twice)
    assert "twice" in str(caught.value)


def test_a_list_is_sorted_as_etcd_stores_it():
    assert normalise(["http://i:1", "https://h:1", "http://h:2"]) == ("http://h:2", "http://i:1", "https://h:1")


SAME = [
    (["http://h:1"], ["HTTP://H:1/"]),
    (["http://h:1", "http://i:1"], ["http://i:1", "http://h:1"]),
    (["http://[2001:db8::1]:1"], ["http://[2001:DB8:0:0::0:1]:1"]),
    (["http://h:1", "http://h:1"], ["http://h:1"]),  # etcd stores what it was given twice
    ([" http://h:1"], ["http://h:1"]),  # a member update stores spaces
    (["unix://x"], ["unix://x "]),  # what is no URL of ours still equals itself
]
DIFFERENT = [
    (["http://10.0.0.2:2380"], ["http://10.0.0.21:2380"]),
    (["http://10.0.0.2:2380"], ["http://10.0.0.2:23800"]),
    (["http://10.0.0.2:2380"], ["http://110.0.0.2:2380"]),
    (["http://pg1:1"], ["http://pg10:1"]),
    (["http://h:1"], ["https://h:1"]),
    (["http://h:1"], ["http://h:1", "http://i:1"]),
    (["http://h:1"], ["http://h.example:1"]),
    (["http://localhost:1"], ["http://127.0.0.1:1"]),
    (["http://[::1]:1"], ["http://[::11]:1"]),
    (["unix://x"], ["unix://X"]),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_urls_that_are_one_address(one, other):
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_urls_that_are_not(one, other):
    assert comparable(one) != comparable(other)


def test_http_and_https_are_two_urls_at_one_address():
    assert addresses(["http://h:1"]) == addresses(["https://H:1/"]) == {"h:1"}
    assert not addresses(["http://h:1"]) & addresses(["http://h:11"])
