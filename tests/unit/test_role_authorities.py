# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role makes of the files in its directory of authorities, wherever a rotation of them was broken off."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.unit.role_variables import value_of

AUTHORITIES = ("ca", "peer-ca")

REST = {"ca": "old", "peer-ca": "old peers"}
TRUSTED = {**REST, "new-trusted/ca": "new", "new-trusted/peer-ca": "new peers"}
SIGNING = {**REST, "new-signing/ca": "new", "new-signing/peer-ca": "new peers"}
ONE_TAKEN_OVER = {**SIGNING, "ca": "new"}
BOTH_TAKEN_OVER = {**SIGNING, "ca": "new", "peer-ca": "new peers"}
ONE_IS_GONE = {"ca": "new", "peer-ca": "new peers", "new-signing/peer-ca": "new peers"}
AFTER = {"ca": "new", "peer-ca": "new peers"}


def role(files: dict[str, str], variable: str, **facts: Any) -> Any:
    """A variable of the role where these authorities are found, by path and content."""
    found = {path: f"{text}\n" for path, text in files.items()}
    return value_of(variable, etcd_cluster__authority_files={"certificates": found}, **facts)


@pytest.mark.parametrize(
    ("files", "stage", "trusted", "signer"),
    [
        ({}, "before", [[], []], ["ca", "peer-ca"]),
        (REST, "before", [["old"], ["old peers"]], ["ca", "peer-ca"]),
        (TRUSTED, "trusted", [["new", "old"], ["new peers", "old peers"]], ["ca", "peer-ca"]),
        (SIGNING, "signing", [["new", "old"], ["new peers", "old peers"]], ["new-signing/ca", "new-signing/peer-ca"]),
        (ONE_TAKEN_OVER, "taking over", [["new"], ["new peers", "old peers"]], ["ca", "new-signing/peer-ca"]),
        (BOTH_TAKEN_OVER, "taking over", [["new"], ["new peers"]], ["ca", "peer-ca"]),
        (ONE_IS_GONE, "taking over", [["new"], ["new peers"]], ["ca", "peer-ca"]),
        (AFTER, "before", [["new"], ["new peers"]], ["ca", "peer-ca"]),
    ],
)
def test_the_files_say_how_far_it_came_who_is_trusted_and_who_signs(files, stage, trusted, signer):
    assert role(files, "etcd_cluster__stage") == stage
    contents = role(files, "etcd_cluster__authority_contents")
    assert [[line for line in content.splitlines() if line] for content in contents] == trusted
    signers = role(files, "etcd_cluster__signers")
    assert [signers[name] for name in AUTHORITIES] == signer
    assert all(path in files for path in signers.values()) or not files


def test_when_the_new_ones_begin_to_sign_nobody_has_to_be_restarted():
    assert role(TRUSTED, "etcd_cluster__trust") == role(SIGNING, "etcd_cluster__trust")
    assert len({role(files, "etcd_cluster__trust") for files in (REST, TRUSTED, AFTER)}) == 3


def test_one_authority_is_trusted_as_its_file_stands():
    """So that members which were started before there were rotations are not restarted for them."""
    assert role(REST, "etcd_cluster__authority_contents") == ["old\n", "old peers\n"]
    assert role(REST, "etcd_cluster__trust") == hashlib.sha256(b"old\nold peers\n").hexdigest()[:16]


@pytest.mark.parametrize(
    ("files", "host_has", "lost"),
    [
        (REST, None, []),
        (REST, "old\n", []),
        (REST, "other\n", ["ca"]),
        ({}, "old\n", ["ca"]),
        (TRUSTED, "old\n", []),
        (SIGNING, "new\n\nold\n", []),
        (AFTER, "new\n\nold\n", []),
        (AFTER, "old\n", ["ca"]),
    ],
)
def test_authorities_are_lost_where_a_host_trusts_none_that_is_left(files, host_has, lost):
    contents = {"/etc/etcd/pki/ca.crt": host_has, "/etc/etcd/pki/peer-ca.crt": None}
    assert role(files, "etcd_cluster__authorities_lost", etcd_cluster__found={"contents": contents}) == lost


@pytest.mark.parametrize(
    ("running", "mark", "current"),
    [(True, "yes", True), (True, "", False), (True, "another", False), (False, "", True)],
)
def test_a_member_trusts_what_its_files_hold_if_it_was_started_with_them(running, mark, current):
    trust = hashlib.sha256(b"old\nold peers\n").hexdigest()[:16]
    found = {
        "host": {"name": "n1", "running": running},
        "service": {"marks": {"QUORUM_ETCD_TRUST": trust if mark == "yes" else mark}},
        "contents": {
            "/etc/etcd/pki/ca.crt": "old\n",
            "/etc/etcd/pki/peer-ca.crt": "old peers\n",
            "/etc/etcd/pki/server.crt": None,
        },
    }
    (tls_files,) = role(
        REST, "etcd_cluster__tls_files", groups={"etcd": ["n1"]}, hostvars={"n1": {"etcd_cluster__found": found}}
    )
    assert tls_files == {
        "name": "n1",
        "files": {"ca.crt": "old\n", "peer-ca.crt": "old peers\n", "server.crt": None},
        "current": current,
    }


@pytest.mark.parametrize(
    ("options", "files", "arrived", "planned"),
    [
        # New certificates alone restart nobody, whatever may be outdated besides.
        ({}, REST, True, []),
        ({"etcd_cluster_rotate_ca": True}, REST, True, ["QUORUM_ETCD_TRUST"]),
        ({"etcd_cluster_rotate_ca": True}, SIGNING, True, ["QUORUM_ETCD_TRUST"]),
        # What is only to be finished shows what is left of it.
        ({"etcd_cluster_rotate_ca": True}, AFTER, False, ["something"]),
        ({"etcd_cluster_rotate_ca": True, "etcd_cluster_keep_old_ca": True}, SIGNING, False, ["something"]),
        ({"etcd_cluster_certificates": "given"}, {}, False, ["something"]),
    ],
)
def test_all_restarts_are_planned_before_anything_is_begun(options, files, arrived, planned):
    found = {
        "etcd_cluster__found": {"host": {"name": "n1", "outdated": ["something"]}},
        "etcd_cluster__has_arrived": arrived,
    }
    (host,) = role(
        files, "etcd_cluster__hosts_to_trust_anew", groups={"etcd": ["n1"]}, hostvars={"n1": found}, **options
    )
    assert host["outdated"] == planned
