# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd runs in the whole sandbox of its unit, with data and log on disks of their own, and lost nothing on the way."""

from __future__ import annotations

import re

from tests.verification.starts import starts
from tests.verification.writes import test_no_acknowledged_write_is_lost

__all__ = ["test_no_acknowledged_write_is_lost"]

MOST_EXPOSURE = 1.5
"""Of systemd-analyze, from 0 (safe) to 10. Most of it is that a member talks to a network."""
LOGS = {"etcd1": "/srv/log/wal", "etcd2": "/srv/data/member/wal", "etcd3": "/srv/other/wal"}


def test_systemd_finds_the_unit_hardly_exposed(node, capsys):
    told = node.host.check_output("systemd-analyze security --no-pager etcd.service")
    exposure = float(re.search(r"Overall exposure level for etcd.service: ([0-9.]+)", told).group(1))
    with capsys.disabled():
        print(f"\n{told}\n[measured] systemd-analyze security etcd.service on {node.name}: {exposure}")
    assert exposure <= MOST_EXPOSURE


def test_the_process_is_in_the_sandbox(node):
    """systemd leaves out what it cannot do, so the unit file proves nothing."""
    status = node.host.check_output("cat /proc/$(pgrep -x etcd)/status")
    found = dict(re.findall(r"^(\w+):\s+(\S+)", status, re.MULTILINE))
    assert (found["Seccomp"], found["NoNewPrivs"], int(found["CapBnd"], 16)) == ("2", "1", 0)
    writable = node.host.check_output(
        "awk '$6 ~ /^rw/ && $5 !~ /^.(dev|proc|run|sys|tmp|var.tmp)/ {print $5}' /proc/$(pgrep -x etcd)/mountinfo"
    )
    places = {"/srv/data", LOGS[node.name].removesuffix("/wal")} - {"/srv/data/member"}
    assert set(writable.split()) == places


def test_the_log_is_where_it_was_moved_to(node):
    """A rebuild leaves the log of the removed member behind, for the operator to delete."""
    found = node.host.check_output("find /srv -name '*.wal' -printf '%h\\n' | sort -u").split()
    assert found == (["/srv/log/wal"] if node.name == "etcd3" else []) + [LOGS[node.name]]


def test_a_snapshot_is_saved(node):
    node.etcdctl("snapshot", "save", "/root/snapshot")
    assert "total" not in node.etcdctl("endpoint", "health")


def test_etcd_needs_its_disks(node):
    required = node.host.check_output("systemctl show --property=Requires --value etcd").split()
    assert "srv-data.mount" in required
    assert ("srv-log.mount" in required) == (node.name == "etcd1")


def test_settings_of_the_section_unit_arrive(node):
    after = node.host.check_output("systemctl show --property=After --value etcd").split()
    assert {"network-online.target", "chrony.service", "remote-fs.target"} <= set(after)


def test_a_member_is_restarted_for_its_disk_and_for_nothing_else(node):
    """Once when the cluster began, and once for the disk; never for a change of the section [Unit]."""
    assert starts(node) == 2
