# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook `check` on real clusters, as cron runs it: its exit code, and all that is wrong in one message."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from tests.ansible_playbook import PlaybookRun, TaskEnded
from tests.testbed import Cluster

Check = Callable[..., tuple[int, str]]
WELL, FAILED = 0, 2
# Nothing listens there.
UNREACHABLE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Runs the playbook on this machine as each host: the exit code, and the text of what was found."""

    def checked(
        cluster: Cluster, others: dict[str, Any] | None = None, peer_ca: Path | None = None, **variables: Any
    ) -> tuple[int, str]:
        _lay_out_certificates(cluster, tmp_path / "etcd" / "pki", peer_ca)
        hosts = {
            member.name: {"etcd_cluster_peer_urls": [member.peer_url], "etcd_cluster_client_urls": [member.client_url]}
            for member in cluster.members
        }
        for name, their in (others or {}).items():
            hosts.setdefault(name, {}).update(their)
        common = {
            "ansible_connection": "local",
            "ansible_become": False,
            "etcd_cluster_address": "127.0.0.1",
            "etcd_cluster_config_dir": str(tmp_path / "etcd"),
            "etcd_cluster_data_dir": str(tmp_path / "data"),
            **variables,
        }
        inventory = tmp_path / "inventory.yml"
        inventory.write_text(yaml.safe_dump({"etcd": {"hosts": hosts, "vars": common}}))
        run = PlaybookRun(["quorum.etcd.check", "-i", str(inventory)], tmp_path)
        ended = [event for event in run if isinstance(event, TaskEnded)]
        assert not any(event.changed for event in ended)
        (stop,) = (event for event in ended if event.name.endswith("Stop if somebody has to act"))
        return run.exit_code or 0, stop.result.get("msg", "")

    return checked


def _lay_out_certificates(cluster: Cluster, pki: Path, peer_ca: Path | None) -> None:
    """As the role does. The CA of the test bed signs for clients and for peers."""
    files = cluster.client_certificates
    assert files
    pki.mkdir(parents=True, exist_ok=True)
    for names, source in (
        (("ca.crt",), files.ca),
        (("peer-ca.crt",), peer_ca or files.ca),
        (("server.crt", "peer.crt"), files.server),
        (("server.key", "peer.key"), files.server_key),
        (("client.crt",), files.client),
        (("client.key",), files.client_key),
    ):
        for name in names:
            shutil.copy(source, pki / name)


@pytest.mark.etcd(size=3, tls=True)
def test_a_healthy_cluster_is_well_until_its_certificates_expire_soon(etcd_cluster: Cluster, check: Check):
    assert check(etcd_cluster)[0] == WELL
    code, text = check(etcd_cluster, etcd_cluster_renew_before_days=400_000)
    assert code == FAILED
    lines = text.splitlines()
    assert all(line.startswith("FAILURE: ") and " expires in " in line for line in lines)
    # Each of the five files once for all hosts.
    assert len(lines) == 5
    assert sum(line.startswith("FAILURE: A CA in ") for line in lines) == 2


@pytest.mark.etcd(size=3, dead=1, tls=True)
def test_all_that_is_wrong_is_listed_in_one_message(etcd_cluster: Cluster, check: Check):
    """A member is down, a host cannot be reached, and another one is not a member."""
    (dead,) = (member for member in etcd_cluster.members if not member.is_running)
    new = {"etcd_cluster_peer_urls": ["https://127.0.0.1:9"], "etcd_cluster_client_urls": ["https://127.0.0.1:9"]}
    code, text = check(etcd_cluster, {"new": new, "gone": UNREACHABLE})
    assert code == FAILED
    for words in ("One more failure stops all writes", dead.name, "The host gone cannot be reached"):
        assert words in text
    assert "has no host in the group" not in text


@pytest.mark.etcd(size=1, tls=True)
def test_members_that_would_not_trust_each_other_are_found_out(etcd_cluster: Cluster, check: Check, tmp_path: Path):
    """The member still answers its clients."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.crt")
    code, text = check(etcd_cluster, peer_ca=tmp_path / "other.crt")
    assert code == FAILED
    assert f"{etcd_cluster.members[0].peer_url} serves a certificate that cannot be used" in text
