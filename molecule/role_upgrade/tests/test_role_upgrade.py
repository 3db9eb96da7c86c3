# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every member runs the new release, was restarted once for it, and nobody who wrote noticed."""

from __future__ import annotations

import json

from tests.verification.writes import (
    test_no_acknowledged_write_is_lost,
    test_writes_never_stood_still_for_longer_than_an_election_takes,
)

__all__ = ["test_no_acknowledged_write_is_lost", "test_writes_never_stood_still_for_longer_than_an_election_takes"]

RELEASE = "3.5.34"


def test_a_member_runs_the_new_release_in_a_cluster_of_its_minor(node):
    answer = node.host.check_output(
        "python3 -c \"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:2379/version').read().decode())\""
    )
    assert json.loads(answer) == {"etcdserver": RELEASE, "etcdcluster": "3.5.0"}


def test_its_programs_are_of_that_release(host):
    assert f"etcd Version: {RELEASE}\n" in host.check_output("/opt/etcd/bin/etcd --version")
    assert f"etcdctl version: {RELEASE}\n" in host.check_output("/opt/etcd/bin/etcdctl version")


def test_a_member_was_restarted_once_although_runs_were_refused_killed_and_repeated(node):
    """The first start, and the upgrade."""
    started = node.host.check_output("journalctl --no-pager --unit etcd | grep --count 'Started etcd.service'")
    assert int(started) == 2


def test_a_setting_has_the_name_that_the_new_release_knows(node):
    """It had another one before. etcd tells its log of a variable that it does not know, and starts without it."""
    assert 'ETCD_BACKEND_BBOLT_FREELIST_TYPE="array"' in node.host.check_output("cat /etc/etcd/etcd.env")
    said = node.host.check_output("journalctl --no-pager --unit etcd | grep 'environment variable'")
    assert '"variable-name":"ETCD_BACKEND_BBOLT_FREELIST_TYPE"' in said
    assert "unrecognized environment variable" not in said


def test_the_directory_of_the_programs_was_made_and_nothing_is_left_in_it_of_the_archives(host):
    assert host.check_output("stat --format '%A %U' /opt/etcd /opt/etcd/bin").split("\n") == ["drwxr-xr-x root"] * 2
    assert host.check_output("ls --almost-all /opt/etcd/bin").split() == ["etcd", "etcdctl"]


def test_archives_were_unpacked_where_no_program_may_run_from_var_tmp(host):
    assert "noexec" in host.check_output("findmnt --noheadings --output OPTIONS --target /var/tmp")
