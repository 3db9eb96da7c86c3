# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planned for the certificates of a cluster, wherever a rotation of its CAs was interrupted."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.certificates import (
    ALL,
    CAS,
    DUE,
    LEAF_FILES,
    ROTATE_CA,
    SETTLED,
    SIGNING,
    TAKING_OVER,
    TRUST_MARK,
    TRUSTED,
    CaState,
    CertificatePlan,
    HostCertificates,
    Intent,
    given_cas,
    mark_of,
    plan_certificates,
    private_cas,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.expiry import Expiring
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.trust import Chain, Signed

# A certificate is written `subject<issuer`, a CA `subject<subject`; one file holds one of them in each line.
OLD = {"ca": "old<old\n", "peer-ca": "old peers<old peers\n"}
NEW = {"ca": "new<new\n", "peer-ca": "new peers<new peers\n"}
IN_TRUSTED = {f"new-trusted/{name}": text for name, text in NEW.items()}
IN_SIGNING = {f"new-signing/{name}": text for name, text in NEW.items()}

ON_THE_WAY = {
    "no CA yet": {},
    "only the old": OLD,
    "new ones are trusted": {**OLD, **IN_TRUSTED},
    "new ones sign": {**OLD, **IN_SIGNING},
    "one has taken over": {**OLD, **IN_SIGNING, "ca": NEW["ca"]},
    "both have taken over": {**NEW, **IN_SIGNING},
    "one has left the first place": {**NEW, "new-signing/peer-ca": NEW["peer-ca"]},
    "only the new": NEW,
}


def read(_host: str, _file: str, text: str) -> Chain:
    pairs = [line.split("<") for line in text.splitlines() if line]
    return tuple(Signed(subject, issuer, key=subject, signing_key=issuer) for subject, issuer in pairs)


def host(ca: CaState, signed_by: dict[str, str] = OLD, name: str = "n1", **others: Any) -> HostCertificates:
    """A member that runs with what the cluster is to trust, and with certificates of these CAs."""
    signers = {"server": signed_by["ca"], "client": signed_by["ca"], "peer": signed_by["peer-ca"]}
    leaves = {f"{kind}.crt": f"{kind} of {name}<{signer.split('<')[0]}\n" for kind, signer in signers.items()}
    bundles = {f"{ca_name}.crt": ca.bundle(ca_name) for ca_name in CAS}
    made = HostCertificates(name, is_running=True, mark=ca.trust_mark, files={**bundles, **leaves})
    return replace(made, **others)


def plan(ca: CaState, *hosts: HostCertificates, **intent: Any) -> CertificatePlan:
    made = plan_certificates(ca, hosts, Intent(**intent), read)
    assert isinstance(made, CertificatePlan), made
    return made


def refusal(ca: CaState, *hosts: HostCertificates, **intent: Any) -> Refusal:
    made = plan_certificates(ca, hosts, Intent(**intent), read)
    assert isinstance(made, Refusal), made
    return made


# -- the CAs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "stage", "trusted", "signers"),
    [
        ("no CA yet", SETTLED, [[], []], ["ca", "peer-ca"]),
        ("only the old", SETTLED, [["old"], ["old peers"]], ["ca", "peer-ca"]),
        ("new ones are trusted", TRUSTED, [["new", "old"], ["new peers", "old peers"]], ["ca", "peer-ca"]),
        (
            "new ones sign",
            SIGNING,
            [["new", "old"], ["new peers", "old peers"]],
            ["new-signing/ca", "new-signing/peer-ca"],
        ),
        ("one has taken over", TAKING_OVER, [["new"], ["new peers", "old peers"]], ["ca", "new-signing/peer-ca"]),
        ("both have taken over", TAKING_OVER, [["new"], ["new peers"]], ["ca", "peer-ca"]),
        ("one has left the first place", TAKING_OVER, [["new"], ["new peers"]], ["ca", "peer-ca"]),
        ("only the new", SETTLED, [["new"], ["new peers"]], ["ca", "peer-ca"]),
    ],
)
def test_the_files_say_how_far_a_rotation_is_who_is_trusted_and_who_signs(where, stage, trusted, signers):
    found = ON_THE_WAY[where]
    ca = private_cas(found)
    assert ca.stage == stage
    assert [[signed.subject for signed in read("", "", ca.bundle(name))] for name in CAS] == trusted
    assert [ca.signers[name] for name in CAS] == signers
    assert ca.signing == {name: found[path] for name, path in ca.signers.items() if path in found}
    assert len(ca.signing) == (2 if found else 0)


def test_no_member_is_restarted_when_the_new_cas_begin_to_sign():
    assert (
        private_cas(ON_THE_WAY["new ones are trusted"]).trust_mark
        == private_cas(ON_THE_WAY["new ones sign"]).trust_mark
    )
    marks = {private_cas(ON_THE_WAY[where]).trust_mark for where in ("only the old", "new ones sign", "only the new")}
    assert len(marks) == 3


def test_one_ca_alone_is_trusted_as_its_file_stands():
    """So members that were started before there were rotations are not restarted for them."""
    ca = private_cas(OLD)
    assert [ca.bundle(name) for name in CAS] == list(OLD.values())
    assert ca.trust_mark == hashlib.sha256("".join(OLD.values()).encode()).hexdigest()[:16]


@pytest.mark.parametrize("found", [{}, {"ca": OLD["ca"]}])
def test_without_both_cas_there_is_nothing_to_trust(found):
    assert not private_cas(found).exists
    assert private_cas(found).trust_mark == ""


def test_given_cas_are_trusted_as_they_are_given():
    ca = given_cas(OLD)
    assert (ca.stage, ca.exists, ca.signers) == (SETTLED, True, {})
    assert ca.trust_mark == private_cas(OLD).trust_mark


# -- what each host gets -----------------------------------------------------------------------------------------------

AT_REST = private_cas(OLD)
NOTHING = (False, False, True)


@pytest.mark.parametrize(
    ("found", "renew", "gets"),
    [
        (host(AT_REST), DUE, NOTHING),
        (host(AT_REST), ROTATE_CA, NOTHING),
        # A new host.
        (HostCertificates("n1", missing=("server.key", "server.crt")), DUE, (True, True, False)),
        (host(AT_REST, missing=("client.key",)), DUE, (False, True, False)),
        (host(AT_REST, due={"server": "it expires in 12 days"}), DUE, (False, True, False)),
        (host(AT_REST), ALL, (False, True, False)),
        # It has the files, and was started before it had them.
        (host(AT_REST, outdated=(TRUST_MARK,)), DUE, (False, False, False)),
        (host(AT_REST, outdated=("ETCD_SNAPSHOT_COUNT",)), DUE, NOTHING),
        (host(AT_REST, files={"peer-ca.crt": OLD["peer-ca"]}), DUE, (True, False, False)),
    ],
)
def test_a_host_gets_what_it_lacks(found, renew, gets):
    (made,) = plan(AT_REST, found, renew=renew).hosts
    assert (made.installs_ca, made.renews, made.has_arrived) == gets
    assert made.is_due == (made.installs_ca or made.renews)


def test_given_certificates_are_not_renewed_by_us():
    (made,) = plan(given_cas(OLD), host(AT_REST), is_private=False, renew=ALL).hosts
    assert not made.renews


# -- what must not be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "trusts", "lost"),
    [
        ("only the old", None, ""),
        ("only the old", OLD["ca"], ""),
        ("only the old", "other<other\n", "ca.crt"),
        ("no CA yet", OLD["ca"], "ca.crt"),
        ("new ones are trusted", OLD["ca"], ""),
        ("new ones sign", f"{NEW['ca']}\n{OLD['ca']}", ""),
        ("only the new", f"{NEW['ca']}\n{OLD['ca']}", ""),
        ("only the new", OLD["ca"], "ca.crt"),
    ],
)
def test_a_ca_is_lost_where_a_host_trusts_none_that_is_left(where, trusts, lost):
    found = HostCertificates("n1", files={"ca.crt": trusts} if trusts else {})
    made = plan_certificates(private_cas(ON_THE_WAY[where]), [found], Intent(), read)
    assert isinstance(made, Refusal) == bool(lost), made
    if lost:
        assert (made.code, lost in made.message, "n1" in made.message) == ("ca_lost", True, True)
        assert "backup" in made.next_step


def test_a_ca_that_is_lost_is_named_where_it_is_found():
    pem = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"
    found = HostCertificates("n1", files={"ca.crt": f"# of orders\n{pem.format('abc')}"})
    elsewhere = {"/other": pem.format("def"), "/former": pem.format("def") + pem.format("abc")}
    made = plan_certificates(private_cas({}, elsewhere), [found], Intent(), read)
    assert isinstance(made, Refusal)
    assert (made.code, "It is in /former." in made.next_step) == ("ca_lost", True)


def test_a_new_certificate_of_a_ca_that_a_running_member_does_not_trust_yet_is_refused():
    signing = private_cas(ON_THE_WAY["new ones sign"])
    behind = host(AT_REST, name="n2")
    found = refusal(signing, host(signing, due={"server": "the CA that signed it signs no more"}), behind)
    assert found.code == "untrusted_certificate"
    assert "n1" in found.message
    assert "n2" in found.message


def test_no_ca_is_dropped_while_a_certificate_of_it_is_in_use():
    found = refusal(private_cas(NEW), host(private_cas(ON_THE_WAY["new ones sign"]), signed_by=OLD))
    assert found.code == "untrusted_certificate"
    assert "lacks the" in found.message


@pytest.mark.parametrize(
    ("is_running", "mark", "is_refused"),
    [(True, "ours", False), (True, "", True), (True, "other", True), (False, "", False)],
)
def test_a_member_trusts_what_its_files_hold_if_it_was_started_with_them(is_running, mark, is_refused):
    signing = private_cas(ON_THE_WAY["new ones sign"])
    other = host(signing, name="n2", is_running=is_running, mark=signing.trust_mark if mark == "ours" else mark)
    made = plan_certificates(signing, [host(signing, missing=("server.crt",)), other], Intent(), read)
    assert isinstance(made, Refusal) == is_refused, made


# -- what is due, and in which order -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "rolls"),
    [
        ({}, True),
        ({"is_running": False}, False),
        ({"missing": ("peer.key",)}, False),
        ({"unusable": ("server",)}, False),
    ],
)
def test_members_that_serve_tls_prove_their_new_certificates_one_after_the_other(facts, rolls):
    """With what the others have, nobody can reach them, so nothing can get worse."""
    made = plan(AT_REST, host(AT_REST, due={"server": "it has expired"}, **facts), host(AT_REST, name="n2"))
    assert made.due == ("n1",)
    assert made.rolling == (("n1",) if rolls else ())


def test_the_files_that_are_renewed_are_named_with_the_reason():
    found = host(AT_REST, due={"client": "it has expired", "server": "there is none"}, missing=("server.crt",))
    (of_host,) = plan(AT_REST, found).hosts
    assert dict(of_host.reasons) == {"server.crt": "it is missing", "client.crt": "it has expired"}


def test_a_host_that_has_none_yet_gets_its_first_ones_without_a_reason():
    found = HostCertificates("n1", missing=LEAF_FILES, due={"server": "there is none"})
    (of_host,) = plan(AT_REST, found).hosts
    assert (of_host.renews, dict(of_host.reasons)) == (True, {})


def test_what_expires_and_is_not_renewed_is_warned_of():
    expiring = tuple(Expiring("n1", *one) for one in (("ca.crt", 9, True, "old"), ("server.crt", 9), ("peer.crt", 8)))
    found = host(AT_REST, due={"server": "it expires in 9 days"}, expiring=expiring[:2])
    assert plan(AT_REST, found).warnings == (
        (
            "The CA old in ca.crt on n1 expires in 9 days. Run quorum.etcd.rotate_certificates with "
            "etcd_cluster_rotate_ca."
        ),
    )
    given = given_cas(OLD)
    assert plan(given, host(AT_REST, expiring=expiring[2:]), is_private=False).warnings == (
        "The certificate peer.crt on n1 expires in 8 days. Provide another one.",
    )


# -- a rotation --------------------------------------------------------------------------------------------------------


def arrived(where: str, signed_by: dict[str, str] = OLD) -> tuple[CaState, HostCertificates]:
    ca = private_cas(ON_THE_WAY[where])
    return ca, host(ca, signed_by)


@pytest.mark.parametrize(
    ("where", "signed_by", "options", "steps"),
    [
        ("only the old", OLD, {}, ["created", "both", "renewed by the new", "only the new"]),
        ("only the old", OLD, {"keep_old_ca": True}, ["created", "both", "renewed by the new"]),
        ("new ones are trusted", OLD, {}, ["both", "renewed by the new", "only the new"]),
        ("new ones sign", OLD, {"due": True}, ["certificates of n1", "only the new"]),
        ("new ones sign", NEW, {}, ["only the new"]),
        ("new ones sign", NEW, {"keep_old_ca": True}, []),
        ("both have taken over", NEW, {}, ["only the new"]),
    ],
)
def test_a_rotation_says_what_is_left_of_its_way(where, signed_by, options, steps):
    ca, found = arrived(where, signed_by)
    options = dict(options)
    if options.pop("due", False):
        found = replace(found, due={"server": "the CA that signed it signs no more"})
    text = plan(ca, found, renew=ROTATE_CA, **options).text
    said = text.removesuffix(".").split("; ") if text else []
    assert [step in sentence for step, sentence in zip(steps, said, strict=True)] == [True] * len(steps)


@pytest.mark.parametrize(
    ("where", "options", "restarts"),
    [
        ("only the old", {"renew": ALL}, False),
        ("only the old", {"renew": ROTATE_CA}, True),
        ("new ones are trusted", {"renew": ROTATE_CA}, True),
        ("new ones sign", {"renew": ROTATE_CA}, True),
        ("new ones sign", {"renew": ROTATE_CA, "keep_old_ca": True}, False),
        ("both have taken over", {"renew": ROTATE_CA}, True),
    ],
)
def test_all_restarts_are_known_before_anything_is_begun(where, options, restarts):
    ca, found = arrived(where, NEW if "taken" in where else OLD)
    assert plan(ca, found, **options).restarts_all is restarts


def test_what_an_interrupted_rotation_left_is_finished_before_new_cas_are_created():
    ca = private_cas(NEW)
    made = plan(ca, host(ca, NEW, outdated=(TRUST_MARK,)), renew=ROTATE_CA)
    assert (made.has_arrived, made.restarts_all) == (False, False)
    assert "created" not in made.text
    assert "only the new" in made.text


def test_new_certificates_alone_restart_nobody():
    made = plan(AT_REST, host(AT_REST, outdated=("ETCD_SNAPSHOT_COUNT",)), host(AT_REST, name="n2"), renew=ALL)
    assert made.due == ("n1", "n2")
    assert "without a restart" in made.text
    assert "restarted" not in made.text


def test_other_given_cas_restart_the_members():
    both = given_cas({name: OLD[name] + NEW[name] for name in CAS})
    found = host(AT_REST, outdated=(TRUST_MARK,))
    made = plan(both, found, is_private=False)
    assert made.text.startswith("Members would be restarted")
    (of_host,) = made.hosts
    assert (of_host.installs_ca, of_host.renews) == (True, False)


@pytest.mark.parametrize(
    ("ca", "options", "outdated"),
    [
        (AT_REST, {"renew": ALL}, ()),
        (AT_REST, {"renew": ROTATE_CA}, (TRUST_MARK,)),
        (AT_REST, {"renew": ROTATE_CA, "is_private": False}, (TRUST_MARK, "ETCD_SNAPSHOT_COUNT")),
    ],
    ids=["new certificates alone", "new CAs", "given CAs"],
)
def test_a_renewal_restarts_members_for_the_cas_that_they_trust_and_for_nothing_else(ca, options, outdated):
    found = host(ca, outdated=(TRUST_MARK, "ETCD_SNAPSHOT_COUNT"))
    settled = replace(found, outdated=())
    made = plan(ca, settled, **options)
    assert made.outdated(found) == outdated


def test_where_nothing_is_due_nothing_is_said():
    assert plan(AT_REST, host(AT_REST)).text == ""


def test_the_mark_is_of_both_bundles_in_their_order():
    assert mark_of(["a", "b"]) != mark_of(["b", "a"])
    assert len(mark_of(["a", "b"])) == 16
