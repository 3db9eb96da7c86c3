# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client.addresses import (
    Address,
    InvalidEndpoint,
    parse_endpoint,
)

READ = {
    "http://10.0.0.1:2379": Address("http", "10.0.0.1", 2379),
    "https://etcd-1.example.com:2379": Address("https", "etcd-1.example.com", 2379),
    "HTTPS://Etcd:2379/": Address("https", "Etcd", 2379),
    "  http://h:1  ": Address("http", "h", 1),
    "10.0.0.1:2379": Address("http", "10.0.0.1", 2379),
    "localhost:2379": Address("http", "localhost", 2379),
    "etcd_1:65535": Address("http", "etcd_1", 65535),
    "http://[::1]:2379": Address("http", "::1", 2379),
    "[2001:db8::2]:2379": Address("http", "2001:db8::2", 2379),
    "https://[fe80::1%25eth0]:2379": Address("https", "fe80::1%eth0", 2379),
    "http://[::ffff:10.0.0.1]:2379": Address("http", "::ffff:10.0.0.1", 2379),
}

REFUSED = {
    "": "empty",
    "   ": "empty",
    "http://": "no host",
    "http://h": "no port",
    "h": "no port",
    "http://[::1]": "no port",
    "http://h:": "port ''",
    "http://h:x": "port 'x'",
    "http://h:0": "port '0'",
    "http://h:65536": "port '65536'",
    "http://h:-1": "port '-1'",
    "http://h:²": "port '²'",
    "http://::1:2379": "no host",
    "::1:2379": "no host",
    "http://h h:1": "no host",
    "http://:2379": "no host",
    "http://[h]:1": "no host",
    "unix:///run/etcd.sock": "scheme 'unix'",
    "tcp://h:1": "scheme 'tcp'",
    "http://h\0i:1": "no host",
    "http://h%41:1": "no host",
    "http://h:1/v3": "'/v3'",
    "http://h:1?x=1": "'?x=1'",
    "http://h:1#f": "'#f'",
    "http://h:1,http://i:1": "several in one",
    "http://h:1\nHost: evil": "port",
}


@pytest.mark.parametrize("text", READ)
def test_an_endpoint_is_read(text):
    assert parse_endpoint(text) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_endpoint_is_refused_with_what_was_seen(text):
    with pytest.raises(InvalidEndpoint) as caught:
        parse_endpoint(text)
    assert REFUSED[text] in str(caught.value)


def test_an_endpoint_without_scheme_takes_the_one_of_the_connection():
    assert parse_endpoint("h:1", "https").url == "https://h:1"
    assert parse_endpoint("http://h:1", "https").url == "http://h:1"


def test_a_password_in_an_endpoint_is_refused_and_not_repeated():
    with pytest.raises(InvalidEndpoint) as caught:
        parse_endpoint("http://root:secret@h:1,http://root:secret@i:1")
    assert "secret" not in str(caught.value)
    assert "username and password" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "url"), [("HTTP://H:1/", "http://H:1"), ("[::1]:2379", "http://[::1]:2379"), ("h:01", "http://h:1")]
)
def test_the_url_of_an_address_is_written_in_one_way(text, url):
    assert parse_endpoint(text).url == url
