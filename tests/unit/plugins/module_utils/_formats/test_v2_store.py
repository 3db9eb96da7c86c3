# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keys of version 2 are in the way of 3.6. Against etcd itself in tests/integration/role/test_raft_files.py."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._formats.v2_store import (
    NoStore,
    custom_keys,
    is_custom,
    key_of,
)

Tree = dict[str, Any]
OF_ETCD: Tree = {"0": {"members": {"8211f1d0f64f3269": {"attributes": "{}"}}, "version": "3.5.0"}}


def store(tree: Tree) -> bytes:
    """As etcd writes it: directories have children, if only none."""

    def node(path: str, content: Any) -> Tree:
        children = (
            {name: node(f"{path.rstrip('/')}/{name}", below) for name, below in content.items()}
            if isinstance(content, dict)
            else None
        )
        return {"Path": path, "Value": "" if isinstance(content, dict) else content, "Children": children}

    return json.dumps({"Root": node("/", tree), "CurrentIndex": 9}).encode()


@pytest.mark.parametrize(
    ("tree", "keys"),
    [
        ({}, []),
        ({**OF_ETCD, "1": {}}, []),
        ({**OF_ETCD, "1": {"a": "b"}}, ["/a"]),
        ({"1": {"dir": {"a": "b", "c": {"d": "e"}}, "f": "g"}}, ["/dir/a", "/dir/c/d", "/f"]),
        ({"1": {"empty": {}}}, ["/empty"]),
        ({"1": {"_hidden": "x"}}, []),
        ({"1": {"dir": {"_hidden": "x"}}}, ["/dir"]),
        ({"2": {"enabled": "false", "roles": {}, "users": {}}}, []),
        ({"2": {"enabled": "true", "roles": {}, "users": {"root": "{}"}}}, ["/2/users/root"]),
        ({"3": {"x": "y"}}, ["/3/x"]),
        ({"3": "leaf"}, []),
    ],
)
def test_what_is_in_the_way_in_a_snapshot(tree, keys):
    assert list(custom_keys(store(tree))) == keys


def test_a_snapshot_without_version_2_has_nothing_in_the_way():
    assert not list(custom_keys(b""))


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"Root": 7}', b'{"Root": {"Children": {"1": {}}}}', b"\xff"])
def test_what_is_no_store_is_said_to_be_none(content):
    with pytest.raises(NoStore, match="cannot be read"):
        list(custom_keys(content))


@pytest.mark.parametrize(
    ("method", "path", "custom"),
    [
        ("PUT", "/0/version", False),
        ("PUT", "/0/members/8211f1d0f64f3269/attributes", False),
        ("PUT", "/0/members/8211f1d0f64f3269/raftAttributes", True),
        ("PUT", "/0/versions", True),
        ("PUT", "/1/a", True),
        ("QGET", "/0/version", True),
        ("DELETE", "/1/a", True),
        ("SYNC", "", True),
    ],
)
def test_what_is_in_the_way_in_the_log(method, path, custom):
    assert is_custom(method, path) is custom


def test_a_key_is_named_as_its_user_knows_it():
    assert [key_of(path) for path in ("/1/a/b", "/10", "/2/users/root")] == ["/a/b", "/10", "/2/users/root"]
