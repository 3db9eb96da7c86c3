# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New certificates in the hands of running members: what etcd makes of them, and what the modules say of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from tests.integration.modules.driver import Run, run_main, untouched
from tests.testbed import Cluster

RELEASES = ("3.4.23", "3.5.16")


def issue(authority: trustme.CA, certificate: Path, key: Path) -> None:
    leaf = authority.issue_cert("127.0.0.1", "::1", "localhost")
    leaf.private_key_pem.write_to_path(key)
    leaf.cert_chain_pems[0].write_to_path(certificate)


def proof(cluster: Cluster, **options) -> Run:
    files = cluster.client_certificates
    assert files
    return run_main(
        "etcd_served_certificate",
        {"certificate": str(files.server), "key": str(files.server_key), "wait_timeout": 0, **options},
    )


def both_urls(cluster: Cluster) -> list[str]:
    return [url for member in cluster.members for url in (member.client_url, member.peer_url)]


@pytest.mark.parametrize("version", RELEASES)
def test_running_members_serve_a_new_certificate_at_both_ports_without_a_restart(version):
    with Cluster(2, tls=True, version=version) as cluster:
        before = proof(cluster, served_at=both_urls(cluster))
        assert before.ok, before
        issue(cluster.authority, cluster.client_certificates.server, cluster.client_certificates.server_key)
        with untouched(cluster):
            after = proof(cluster, served_at=both_urls(cluster))
        assert after.ok, after
        fingerprints = {one["fingerprint"] for one in after["served"]}
        assert len(fingerprints) == 1
        assert not fingerprints & {one["fingerprint"] for one in before["served"]}
        cluster.put("still", "writable")


@pytest.mark.parametrize("version", RELEASES)
def test_a_certificate_of_an_authority_that_members_do_not_trust_is_found_out(version, tmp_path):
    """Before it is put into place: as whom one shakes hands needs no place."""
    with Cluster(1, tls=True, version=version) as cluster:
        issue(trustme.CA(), tmp_path / "crt", tmp_path / "key")
        for url in (cluster.members[0].client_url, cluster.members[0].peer_url):
            run = proof(cluster, certificate=str(tmp_path / "crt"), key=str(tmp_path / "key"), accepted_by=[url])
            assert run.error == "tls_error"
            assert f"{url} does not accept {tmp_path / 'crt'}" in run.message


@pytest.mark.etcd(size=1, tls=True)
def test_a_certificate_that_is_not_the_one_served_is_told_from_it(etcd_cluster, tmp_path):
    issue(etcd_cluster.authority, tmp_path / "crt", tmp_path / "key")
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


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


def leaf(authority: trustme.CA) -> str:
    return authority.issue_cert("n1").cert_chain_pems[0].bytes().decode()


def test_the_check_reads_real_certificates():
    old, new = trustme.CA(), trustme.CA()
    has = {"name": "n1", "files": {"server.crt": leaf(old), "ca.crt": pem(old), "peer-ca.crt": None}}
    both = {"name": "n1", "files": {"ca.crt": pem(old) + pem(new)}}
    assert run_main("etcd_certificate_check", {"wanted": both, "hosts": [has]}).ok
    alone = {"name": "n1", "files": {"server.crt": leaf(new), "ca.crt": pem(new)}}
    assert run_main("etcd_certificate_check", {"wanted": alone, "hosts": [has]}).refusal == "untrusted_certificate"
    assert run_main("etcd_certificate_check", {"wanted": alone}).ok
    text = {"name": "n1", "files": {"server.crt": "no certificate"}}
    assert run_main("etcd_certificate_check", {"wanted": text}).message.startswith(
        "server.crt of n1: it holds no certificate in PEM form"
    )


def test_a_chain_leads_over_an_authority_between():
    root = trustme.CA()
    between = root.create_child_ca()
    issued = between.issue_cert("n1")
    chain = "".join(one.bytes().decode() for one in issued.cert_chain_pems)
    wanted = {"name": "n1", "files": {"server.crt": chain, "ca.crt": pem(root)}}
    assert run_main("etcd_certificate_check", {"wanted": wanted}).ok
    wanted["files"]["server.crt"] = issued.cert_chain_pems[0].bytes().decode()
    assert run_main("etcd_certificate_check", {"wanted": wanted}).refusal == "untrusted_certificate"
