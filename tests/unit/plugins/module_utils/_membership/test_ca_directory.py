# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of the directory of private CAs, before anything is signed with its keys."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.ca_directory import (
    PASSPHRASE,
    PLAIN,
    UNREADABLE,
    VAULT,
    CaDirectory,
    CaKey,
    problems_of,
    protection_of,
    warnings_of,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.certificates import private_cas

CA = private_cas({"ca": "a\n", "peer-ca": "b\n"})
NONE_YET = private_cas({})
INSTALLED = "/usr/share/ansible/collections/ansible_collections/acme/infra"


def keys(*protections: str, problems: tuple[str, ...] = ("", "")) -> dict[str, CaKey]:
    return {
        name: CaKey(f"/ca/{name}.key", protection, problem)
        for name, protection, problem in zip(("ca", "peer-ca"), protections, problems)
    }


def directory(**found: Any) -> CaDirectory:
    return CaDirectory("/ca", **{"keys": keys(PLAIN, PLAIN), **found})


@pytest.mark.parametrize(
    ("text", "protection"),
    [
        ("-----BEGIN PRIVATE KEY-----\n…", PLAIN),
        ("-----BEGIN EC PRIVATE KEY-----\n…", PLAIN),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n…", PASSPHRASE),
        ("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n…", PASSPHRASE),
        ("$ANSIBLE_VAULT;1.1;AES256\n3031", VAULT),
        ("", PLAIN),
        (None, UNREADABLE),
    ],
)
def test_a_key_tells_how_it_is_protected(text, protection):
    assert protection_of(text) == protection


@pytest.mark.parametrize(
    ("found", "ca", "said"),
    [
        ({}, CA, []),
        ({"collection": INSTALLED}, NONE_YET, []),
        ({"collection": INSTALLED}, CA, ["lost when it is installed again"]),
        ({"checkout": "/src"}, CA, ["in the checkout /src. Add them to its .gitignore"]),
        ({"checkout": "/src", "keys": keys(VAULT, PASSPHRASE)}, CA, []),
        ({"exposed": ("/ca", "/ca/ca.key")}, CA, ["Every user of the host may open /ca, /ca/ca.key. A deploy"]),
        ({"foreign": ("/ca",)}, CA, ["Have its owner run chmod"]),
        ({"keys": keys(PLAIN, VAULT)}, CA, ["Not encrypted: /ca/ca.key."]),
        ({"keys": keys(PLAIN, PASSPHRASE)}, CA, []),
        ({"checkout": "/src", "exposed": ("/ca",)}, CA, ["/src", "chmod"]),
    ],
)
def test_an_operator_is_warned_of_a_bad_place(found, ca, said):
    warnings = list(warnings_of(directory(**found), ca))
    assert len(warnings) == len(said)
    assert all(words in warning for words, warning in zip(said, warnings)), warnings


@pytest.mark.parametrize(
    ("found", "ca", "said"),
    [
        ({}, CA, []),
        ({"keys": {}}, NONE_YET, []),
        ({"is_writable": False}, CA, []),
        ({"keys": {}, "is_writable": False}, NONE_YET, ["cannot be created in /ca"]),
        ({"keys": {}, "collection": INSTALLED, "is_writable": False}, NONE_YET, [f"collection {INSTALLED}. The CAs"]),
        ({"keys": {}, "unable": "No package."}, NONE_YET, ["No package."]),
        ({"unable": "No package.", "keys": keys(PLAIN)}, CA, ["No package.", "/ca/peer-ca.key is missing"]),
        ({"keys": {}}, CA, ["/ca/ca.key is missing", "/ca/peer-ca.key is missing"]),
        ({"keys": keys(PLAIN, PLAIN, problems=("Why.", ""))}, CA, ["Why."]),
        ({"keys": keys(PLAIN, PLAIN, problems=("Why.", "Why."))}, CA, ["Why."]),
    ],
)
def test_why_nothing_can_be_signed_is_told(found, ca, said):
    problems = problems_of(directory(**found), ca)
    assert len(problems) == len(said)
    assert all(words in problem for words, problem in zip(said, problems)), problems


def test_only_the_keys_that_sign_are_needed():
    """While new CAs take over, a key of an old one is of no use any more."""
    replacing = private_cas({"ca": "a\n", "peer-ca": "b\n", "new-signing/ca": "c\n", "new-signing/peer-ca": "d\n"})
    new = {f"new-signing/{name}": CaKey(f"/ca/new-signing/{name}.key", PLAIN) for name in ("ca", "peer-ca")}
    assert problems_of(directory(keys={**keys(PLAIN, PLAIN, problems=("Old.", "Old.")), **new}), replacing) == ()
