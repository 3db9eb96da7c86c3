# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New certificates in the hands of running members: what etcd makes of them, and what the modules say of it."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.integration.differences import oldest_and_newest
from tests.integration.modules.driver import Run, run_main, untouched
from tests.testbed import Cluster

RELEASES = oldest_and_newest("3.4")


def issue(ca: trustme.CA, certificate: Path, key: Path) -> None:
    leaf = ca.issue_cert("127.0.0.1", "::1", "localhost")
    leaf.private_key_pem.write_to_path(key)
    leaf.cert_chain_pems[0].write_to_path(certificate)


def proof(cluster: Cluster, wait_timeout: float = 0, **options) -> Run:
    files = cluster.client_certificates
    assert files
    one = {"certificate": str(files.server), "key": str(files.server_key), **options}
    return run_main("etcd_served_certificate", {"certificates": [one], "wait_timeout": wait_timeout})


def both_urls(cluster: Cluster) -> list[str]:
    return [url for member in cluster.members for url in (member.client_url, member.peer_url)]


@pytest.mark.parametrize("version", RELEASES)
def test_running_members_serve_a_new_certificate_at_both_ports_without_a_restart(version):
    with Cluster(2, tls=True, version=version) as cluster:
        before = proof(cluster, served_at=both_urls(cluster))
        assert before.ok, before
        issue(cluster.ca, cluster.client_certificates.server, cluster.client_certificates.server_key)
        with untouched(cluster):
            after = proof(cluster, served_at=both_urls(cluster))
        assert after.ok, after
        fingerprints = {one["fingerprint"] for one in after["served"]}
        assert len(fingerprints) == 1
        assert not fingerprints & {one["fingerprint"] for one in before["served"]}
        cluster.put("still", "writable")


@pytest.mark.parametrize("version", RELEASES)
def test_a_certificate_of_a_ca_that_members_do_not_trust_is_found_out(version, tmp_path):
    """Before it is put into place: as whom one shakes hands needs no place."""
    with Cluster(1, tls=True, version=version) as cluster:
        issue(trustme.CA(), tmp_path / "crt", tmp_path / "key")
        for url in (cluster.members[0].client_url, cluster.members[0].peer_url):
            run = proof(cluster, certificate=str(tmp_path / "crt"), key=str(tmp_path / "key"), accepted_by=[url])
            assert run.error == "tls_error"
            assert f"{url} does not accept {tmp_path / 'crt'}" in run.message


@pytest.mark.etcd(size=1, tls=True)
def test_a_certificate_that_is_not_the_one_served_is_told_from_it(etcd_cluster, tmp_path):
    issue(etcd_cluster.ca, tmp_path / "crt", tmp_path / "key")
    mine = {"certificate": str(tmp_path / "crt"), "key": str(tmp_path / "key")}
    assert proof(etcd_cluster, **mine, accepted_by=both_urls(etcd_cluster)).ok
    run = proof(etcd_cluster, **mine, served_at=both_urls(etcd_cluster))
    assert (run.error, "serves another certificate than" in run.message) == ("tls_error", True)


@pytest.mark.etcd(size=1, tls=True)
def test_where_nobody_listens_nothing_is_proven(etcd_cluster, tmp_path):
    etcd_cluster.members[0].stop()
    assert "Connection refused" in proof(etcd_cluster, served_at=both_urls(etcd_cluster), wait_timeout=0.5).message
    assert (
        proof(etcd_cluster, certificate=str(tmp_path / "nothing"), served_at=both_urls(etcd_cluster)).error
        == "tls_error"
    )


@pytest.mark.etcd(size=1, tls=True)
def test_what_is_served_must_be_trusted_where_a_ca_is_given(etcd_cluster, tmp_path):
    files = etcd_cluster.client_certificates
    assert proof(etcd_cluster, ca_cert=str(files.ca), served_at=both_urls(etcd_cluster)).ok
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.crt")
    run = proof(etcd_cluster, ca_cert=str(tmp_path / "ca.crt"), accepted_by=both_urls(etcd_cluster))
    assert (run.error, "serves a certificate that cannot be used" in run.message) == ("tls_error", True)


def test_a_member_that_serves_a_certificate_that_has_expired_is_found_out():
    """Old connections go on, so nothing else shows it yet."""
    ended = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
    with Cluster(1, tls=True) as cluster:
        files = cluster.client_certificates
        leaf = cluster.ca.issue_cert("127.0.0.1", "::1", "localhost", not_after=ended)
        leaf.private_key_pem.write_to_path(files.server_key)
        leaf.cert_chain_pems[0].write_to_path(files.server)
        shown = {"certificate": str(files.client), "key": str(files.client_key), "accepted_by": both_urls(cluster)}
        assert proof(cluster, **shown).ok
        run = proof(cluster, **shown, ca_cert=str(files.ca))
        assert "the server's certificate has expired" in run.message


def pem(ca: trustme.CA) -> str:
    return ca.cert_pem.bytes().decode()


def leaf(ca: trustme.CA) -> str:
    return ca.issue_cert("n1").cert_chain_pems[0].bytes().decode()


FILES = [f"{kind}.{suffix}" for kind in ("server", "peer", "client") for suffix in ("key", "crt")]


def found(given: dict[str, str | None] | None = None, **contents: str | None) -> dict[str, Any]:
    """What etcd_host_info returns of a host with these files; `server` stands for server.crt."""
    texts = {f"/pki/{name.replace('_', '-')}.crt": text for name, text in contents.items()}
    return {
        "host": {"name": "n1", "running": False, "outdated": []},
        "service": {"marks": {}},
        "contents": texts,
        "files": dict.fromkeys((f"/pki/{file}" for file in FILES), "checksum"),
        "certificates": [
            {"path": f"/pki/{kind}.crt", "due": "another certificate was given", "given": text, "usable": True}
            for kind, text in (given or {}).items()
        ],
        "expiring": [],
    }


def plan(host: dict[str, Any], ca: str, **options: Any) -> Run:
    return run_main("etcd_certificate_plan", {"ca_certificates": {"ca": ca, "peer-ca": ca}, "hosts": [host], **options})


def test_the_plan_reads_real_certificates():
    old, new = trustme.CA(), trustme.CA()
    has = {"server": leaf(old), "ca": pem(old), "peer_ca": None}
    both = plan(found(**has), pem(old) + pem(new), private=False)
    assert both["hosts"] == [{"name": "n1", "installs_ca": True, "renews": False, "due": True, "has_arrived": False}]
    assert plan(found({"server": leaf(new)}, **has), pem(new), private=False).refusal == "untrusted_certificate"
    assert plan(found({"server": leaf(new)}), pem(new), private=False).ok
    run = plan(found(server="no certificate"), pem(old))
    assert run.message.startswith("server.crt of n1: it holds no certificate in PEM form")


def test_the_plan_names_what_is_due_and_who_proves_it_one_after_the_other():
    ca = pem(trustme.CA())
    host = found(ca=ca, peer_ca=ca)
    host["host"]["running"] = True
    host["service"]["marks"]["QUORUM_ETCD_TRUST"] = hashlib.sha256((ca + ca).encode()).hexdigest()[:16]
    host["certificates"] = [{"path": "/pki/peer.crt", "due": "it has expired", "given": None, "usable": True}]
    host["expiring"] = [{"path": "/pki/ca.crt", "ca": True, "common_name": "orders ca", "days": 3}]
    run = plan(host, ca)
    assert run["due"] == [{"name": "n1", "file": "peer.crt", "reason": "it has expired"}]
    assert (run["renews"], run["rolling"]) == (["n1"], ["n1"])
    assert run.warnings.startswith("The CA orders ca in ca.crt on n1 expires in 3 days.")
    host["certificates"][0]["usable"] = False
    assert plan(host, ca)["rolling"] == []


def test_a_chain_leads_over_a_ca_between():
    root = trustme.CA()
    issued = root.create_child_ca().issue_cert("n1")
    chain = "".join(one.bytes().decode() for one in issued.cert_chain_pems)
    assert plan(found({"server": chain}), pem(root), private=False).ok
    alone = issued.cert_chain_pems[0].bytes().decode()
    assert plan(found({"server": alone}), pem(root), private=False).refusal == "untrusted_certificate"


def test_private_cas_that_a_host_does_not_know_are_refused():
    ours, other = trustme.CA(), trustme.CA()
    assert plan(found(ca=pem(ours)), pem(ours)).ok
    run = plan(found(ca=pem(other)), pem(ours))
    assert (run.refusal, "etcd_cluster_ca_dir" in run["refusal"]["next_step"]) == ("ca_lost", True)


def test_the_restarts_of_a_rotation_are_planned_and_no_others():
    ca = pem(trustme.CA())
    host = found(ca=ca, peer_ca=ca)
    host["host"]["outdated"] = ["ETCD_SNAPSHOT_COUNT"]
    assert [one["outdated"] for one in plan(host, ca, renew="all")["planned_hosts"]] == [[]]
    assert [one["outdated"] for one in plan(host, ca, renew="ca")["planned_hosts"]] == [["QUORUM_ETCD_TRUST"]]


def test_what_is_no_result_of_etcd_host_info_is_told():
    run = plan({"host": {"name": "n1"}}, pem(trustme.CA()))
    assert (run.error, "etcd_host_info" in run.message) == ("server_error", True)
