# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options of an inventory mean what they mean to a module."""

from __future__ import annotations

import os

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._module.etcd_members import (
    NoInventory,
    connection_options,
    describe_members,
    doubts_about,
)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for name in os.environ:
        if name.startswith("ETCDCTL_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (
            {},
            {},
            {
                "endpoints": ["http://127.0.0.1:2379"],
                "transport": "auto",
                "validate_certs": True,
                "request_timeout": 5.0,
                "username": None,
            },
        ),
        (
            {"endpoints": None},
            {"ETCDCTL_ENDPOINTS": "http://a:1,http://b:2"},
            {"endpoints": ["http://a:1", "http://b:2"]},
        ),
        ({"endpoints": ["http://a:1"]}, {"ETCDCTL_ENDPOINTS": "http://b:2"}, {"endpoints": ["http://a:1"]}),
        ({}, {"ETCDCTL_USER": "root:a:b"}, {"username": "root", "password": "a:b"}),
        ({}, {"ETCDCTL_USER": "root", "ETCDCTL_PASSWORD": "geheim"}, {"username": "root", "password": "geheim"}),
        ({"password": "geheim"}, {"ETCDCTL_USER": "root:other"}, {"username": "root", "password": "geheim"}),
        ({"request_timeout": "2.5"}, {}, {"request_timeout": 2.5}),
    ],
)
def test_options_come_from_the_file_then_from_the_environment(given, environment, expected, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    options = connection_options(given)
    assert {name: options[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"client_cert": "/a"}, "parameters are required together: client_cert, client_key"),
        ({"username": "root"}, "parameters are required together: username, password"),
        ({"transport": "http"}, "value of transport must be one of: auto, gateway, grpc, got: http"),
        ({"request_timeout": 0}, "request_timeout is 0: it has to be a number of at least 0.1"),
    ],
)
def test_options_that_cannot_be_are_refused(given, problem):
    with pytest.raises(NoInventory) as refused:
        connection_options(given)
    assert str(refused.value) == problem


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("http://10.0.0.1", "endpoint 'http://10.0.0.1' has no port: etcd's own is 2379."),
        (
            "http://root:geheim@10.0.0.1:2379",
            "an endpoint carries a user name before its host: give username and password as options of their own.",
        ),
    ],
)
def test_an_endpoint_that_cannot_be_one_is_refused_without_repeating_a_password(endpoint, problem):
    with pytest.raises(NoInventory) as refused:
        describe_members(connection_options({"endpoints": [endpoint]}))
    assert str(refused.value) == f"{problem} Check the endpoints: they have to be client URLs of etcd members."


def test_only_what_makes_the_list_or_its_names_doubtful_is_a_warning():
    concerns = [
        {"code": code, "message": f"It is {code}."}
        for code in ("no_quorum", "even_size", "duplicate_name", "fragmented")
    ]
    assert doubts_about({"concerns": concerns}) == ["It is no_quorum.", "It is duplicate_name."]
