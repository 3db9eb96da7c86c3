# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a certificate is renewed, from a table of certificates."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.renewal import (
    SECONDS_A_DAY,
    Issued,
    Requirement,
    reason_to_renew,
    reason_to_replace,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.trust import Signed

CA, NEW_CA = Signed("a CA", "a CA", "key 1", "key 1"), Signed("a CA", "a CA", "key 2", "key 2")
OTHER_CA = Signed("another CA", "another CA", "key 1", "key 1")
ISSUED = Issued(100 * SECONDS_A_DAY, frozenset({"n1", "fd00::1"}), Signed("n1", "a CA", "key 3", "key 1"))


def due(days=0.0, **required):
    return reason_to_renew(ISSUED, Requirement(**required), days * SECONDS_A_DAY)


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        (0, ""),
        (69, ""),
        (70, "it expires in 30 days"),
        (99.5, "it expires in 0 days"),
        (100, "it has expired"),
        (101, "it has expired"),
    ],
)
def test_a_certificate_is_renewed_30_days_before_it_ends(days, reason):
    assert due(days) == reason


def test_how_many_days_before_is_the_operators_choice():
    assert due(80, renew_before_days=10) == ""
    assert due(80, renew_before_days=20) == "it expires in 20 days"


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("n1",), ""),
        (("N1", "fd00:0::1"), ""),
        (("n1", "n2", "10.0.0.1"), "it does not name 10.0.0.1, n2"),
    ],
)
def test_a_certificate_is_renewed_when_it_lacks_a_name(names, reason):
    assert due(names=names) == reason


@pytest.mark.parametrize(
    ("ca", "reason"),
    [
        (None, ""),
        (CA, ""),
        (NEW_CA, "the CA that signed it has been replaced"),
        (OTHER_CA, "the CA that signed it has been replaced"),
        (Signed("a CA", "a CA"), ""),
    ],
    ids=["any", "its own", "of the same name", "of another name", "without key identifiers"],
)
def test_a_certificate_is_renewed_when_another_ca_signs(ca, reason):
    assert due(ca=ca) == reason


def test_of_two_reasons_the_more_urgent_one_is_told():
    assert due(101, names=("n2",), ca=NEW_CA) == "it has expired"


@pytest.mark.parametrize(
    ("certificate", "key", "reason"),
    [
        (True, True, ""),
        (False, True, "another certificate was given"),
        (False, False, "another certificate was given"),
        (True, False, "another key was given"),
    ],
)
def test_given_files_are_replaced_when_others_are_given(certificate, key, reason):
    assert reason_to_replace(certificate, key) == reason
