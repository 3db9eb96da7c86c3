# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is cut off by new certificates, and the way from one CA to another on which nobody is."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.trust import (
    Signed,
    TlsFiles,
    is_trusted,
    refuse_cut_off,
)

OLD = Signed("etcd ca", "etcd ca", key="old")
NEW = Signed("etcd ca", "etcd ca", key="new")
BETWEEN = Signed("between", "etcd ca", key="between", signing_key="old")


def leaf(ca: Signed, name: str = "leaf") -> tuple[Signed, ...]:
    return (Signed(name, ca.subject, key=f"{name} of {ca.key}", signing_key=ca.key),)


def tls_files(name: str, signer: Signed, *trusted: Signed, is_current: bool = True) -> TlsFiles:
    """A host of which everything is of one ca."""
    return TlsFiles(
        name,
        {file: leaf(signer, f"{file} {name}") for file in ("server.crt", "client.crt", "peer.crt")},
        {"ca.crt": trusted, "peer-ca.crt": trusted},
        is_current,
    )


def message(wanted: TlsFiles, *hosts: TlsFiles) -> str:
    refusal = refuse_cut_off(wanted, hosts)
    return refusal.message if refusal else ""


@pytest.mark.parametrize(
    ("chain", "trusted", "verdict"),
    [
        (leaf(OLD), [OLD], True),
        (leaf(OLD), [NEW], False),
        (leaf(OLD), [NEW, OLD], True),
        (leaf(BETWEEN), [OLD], False),
        ((*leaf(BETWEEN), BETWEEN), [OLD], True),
        ((*leaf(BETWEEN), BETWEEN), [NEW], False),
        (leaf(BETWEEN), [BETWEEN], True),
        # Who does not say which key is judged by the name.
        ((Signed("leaf", "etcd ca"),), [NEW], True),
        ((Signed("leaf", "another"),), [OLD, NEW], False),
        # Of a certificate that is yet to be made, its signer stands for it.
        ((OLD,), [OLD], True),
        ((NEW,), [OLD], False),
        # A chain that bites its own tail ends.
        ((Signed("a", "b"), Signed("b", "a"), Signed("a", "b")), [OLD], False),
    ],
)
def test_a_chain_is_trusted_where_it_leads_to_a_ca(chain, trusted, verdict):
    assert is_trusted(chain, trusted) is verdict


WAY = [("old", OLD, (OLD,)), ("bundle", OLD, (OLD, NEW)), ("leaves", NEW, (OLD, NEW)), ("new", NEW, (NEW,))]


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("done", [0, 1, 2])
def test_nobody_is_cut_off_on_the_way_however_many_hosts_have_gone_it(step, done):
    """Both CAs, then new certificates, then the new one alone; each host by itself, the others before or behind
    it.
    """
    (_, *before), (_, *after) = WAY[step - 1], WAY[step]
    hosts = [
        tls_files(f"n{number}", after[0] if number < done else before[0], *(after[1] if number < done else before[1]))
        for number in range(3)
    ]
    assert message(tls_files("n2", after[0], *after[1]), *hosts) == ""


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (tls_files("n1", NEW, NEW), "n1 would not accept the new server.crt of n1"),
        (tls_files("n1", NEW, OLD, NEW), "n1 would not accept the new server.crt of n1"),
        (tls_files("n1", OLD, NEW), "the new server.crt of n1 was not signed by a CA of its new ca.crt"),
    ],
)
def test_a_step_that_is_left_out_is_refused(wanted, words):
    hosts = [tls_files("n1", OLD, OLD), tls_files("n2", OLD, OLD)]
    assert words in message(wanted, *hosts)


def test_a_ca_that_another_host_still_needs_is_not_dropped():
    hosts = [tls_files("n1", NEW, OLD, NEW), tls_files("n2", OLD, OLD, NEW)]
    assert (
        message(tls_files("n1", NEW, NEW), *hosts)
        == "the new ca.crt of n1 lacks the CA that signed server.crt of n2, which is in use"
    )


def test_a_new_certificate_waits_for_the_last_member_to_trust_its_ca():
    hosts = [tls_files("n1", OLD, OLD, NEW), tls_files("n2", OLD, OLD)]
    assert "n2 would not accept" in message(tls_files("n1", NEW, OLD, NEW), *hosts)


def test_a_member_that_was_not_restarted_since_trusts_only_what_is_in_use():
    """Its file of CAs holds the new one already, its process may not."""
    hosts = [tls_files("n1", OLD, OLD, NEW), tls_files("n2", OLD, OLD, NEW, is_current=False)]
    assert "n2 would not accept" in message(tls_files("n1", NEW, OLD, NEW), *hosts)
    renewed = TlsFiles("n1", {"server.crt": leaf(OLD, "renewed")}, {"ca.crt": (OLD, NEW)})
    assert message(renewed, *hosts) == ""
    assert message(TlsFiles("n1", {"server.crt": (OLD,)}), *hosts) == ""


def test_peers_are_judged_by_their_own_cas():
    other = Signed("peers", "peers", key="peers")
    host = TlsFiles(
        "n1", {"server.crt": leaf(OLD), "peer.crt": leaf(other)}, {"ca.crt": (OLD,), "peer-ca.crt": (other,)}
    )
    assert message(TlsFiles("n1", {"peer.crt": leaf(other, "renewed")}), host) == ""
    assert "n1 would not accept the new peer.crt of n1" in message(
        TlsFiles("n1", {"peer.crt": leaf(OLD, "renewed")}), host
    )


def test_a_host_without_certificates_is_not_asked():
    assert message(tls_files("n1", NEW, NEW), TlsFiles("n1"), TlsFiles("n2")) == ""
    assert "was not signed by" in message(tls_files("n1", OLD, NEW), TlsFiles("n1"))


def test_what_is_not_changed_is_not_judged():
    """A certificate that nobody trusts may be in place; it is not this run that brings it."""
    odd = tls_files("n1", NEW, OLD)
    assert message(TlsFiles("n1", {}, {"ca.crt": (OLD,)}), odd) == ""
