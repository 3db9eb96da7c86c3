# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a certificate before etcd uses it, from a table of certificates."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.certificate_problems import (
    CLIENT_AUTH,
    Use,
    problems_of,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.renewal import SECONDS_A_DAY, Issued
from ansible_collections.quorum.etcd.plugins.module_utils._membership.trust import Signed

NOW = 100 * SECONDS_A_DAY
CA = Issued(200 * SECONDS_A_DAY, frozenset(), Signed("ca", "ca", "1", "1"), is_ca=True, common_name="a CA")
LEAF = Issued(
    150 * SECONDS_A_DAY, frozenset({"n1", "10.0.0.1"}), Signed("leaf", "ca", "2", "1"), usages=frozenset({"serverAuth"})
)
BOTH = replace(LEAF, usages=frozenset({"serverAuth", "clientAuth"}))
USE = Use("n1.crt", "n1.key", "ca.crt", ("10.0.0.1",))


def days(number):
    return (100 + number) * SECONDS_A_DAY


@pytest.mark.parametrize("usages", [{"serverAuth", "clientAuth"}, {"anyExtendedKeyUsage"}, None])
def test_a_certificate_for_everything_has_no_problem(usages):
    leaf = replace(BOTH, usages=usages and frozenset(usages), common_name="n1")
    assert problems_of(USE, [leaf], [CA], NOW) == ()


@pytest.mark.parametrize(
    ("leaf", "problem"),
    [
        (replace(BOTH, not_after=days(-12)), "has expired 12 days ago: it must be valid now"),
        (replace(BOTH, not_after=days(-1)), "has expired 1 day ago: it must be valid now"),
        (replace(BOTH, not_after=days(0)), "has expired less than a day ago: it must be valid now"),
        (
            replace(BOTH, not_before=days(3)),
            "is not valid before 3 days from now: it must be valid now, and the clock of this machine must be right",
        ),
        (
            replace(BOTH, names=frozenset({"n1"})),
            "does not name 10.0.0.1, but n1: it must name every host in the URLs of its member",
        ),
        (
            replace(BOTH, names=frozenset()),
            "does not name 10.0.0.1, but nothing: it must name every host in the URLs of its member",
        ),
        (LEAF, "is not for clientAuth, but for serverAuth: etcd needs serverAuth and clientAuth"),
        (
            replace(LEAF, usages=frozenset()),
            (
                "is not for serverAuth and clientAuth, but for neither serverAuth nor clientAuth: etcd needs "
                "serverAuth and clientAuth"
            ),
        ),
        (
            replace(BOTH, signed=Signed("leaf", "another", "2", "3")),
            "was not signed by a CA in ca.crt: the two must belong together",
        ),
    ],
)
def test_each_problem_says_what_was_seen_and_what_is_needed(leaf, problem):
    assert problems_of(USE, [leaf], [CA], NOW) == (f"n1.crt {problem}",)


def test_all_problems_are_named_at_once():
    leaf = replace(LEAF, not_after=days(-1), names=frozenset())
    assert len(problems_of(USE, [leaf], [replace(CA, is_ca=False)], NOW)) == 4


@pytest.mark.parametrize(
    ("names", "name", "is_covered"),
    [
        ({"*.example.org"}, "N1.example.org", True),
        ({"*.example.org"}, "a.n1.example.org", False),
        ({"*.example.org"}, "example.org", False),
        ({"fd00::1"}, "FD00:0::1", True),
    ],
)
def test_a_wildcard_stands_for_one_label_and_addresses_are_compared_by_value(names, name, is_covered):
    found = problems_of(replace(USE, names=(name,)), [replace(BOTH, names=frozenset(names))], [CA], NOW)
    assert (found == ()) is is_covered


def test_a_client_certificate_must_have_no_common_name_while_authentication_is_on():
    use = replace(USE, names=(), usages=(CLIENT_AUTH,))
    leaf = replace(BOTH, common_name="admin")
    assert problems_of(use, [leaf], [CA], NOW) == ()
    assert problems_of(replace(use, is_anonymous=True), [leaf], [CA], NOW) == (
        (
            "n1.crt has the common name admin, which etcd would take for a user, since authentication is on: it must "
            "have none"
        ),
    )
    assert problems_of(replace(use, is_anonymous=True), [BOTH], [CA], NOW) == ()


@pytest.mark.parametrize("common_name", ["n7", ""])
def test_a_bundle_holds_nothing_but_cas(common_name):
    other = Issued(days(5), frozenset(), Signed("n7", "ca", "7", "1"), common_name=common_name)
    assert problems_of(USE, [BOTH], [CA, other], NOW) == (
        (
            f"ca.crt holds a certificate that is not a CA ({common_name or 'without a common name'}): it must hold "
            "only the certificates of CAs"
        ),
    )


@pytest.mark.parametrize("times", [{"not_after": days(-1)}, {"not_before": days(1)}])
def test_the_ca_that_signed_must_be_valid_and_the_others_need_not(times):
    invalid = replace(CA, **times)
    assert problems_of(USE, [BOTH], [invalid], NOW) == (
        "ca.crt holds the CA that signed n1.crt, but that CA is not valid now: it must be",
    )
    assert problems_of(USE, [BOTH], [replace(invalid, signed=Signed("old", "old", "9", "9")), CA], NOW) == ()
