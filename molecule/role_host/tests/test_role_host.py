# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every member runs as it should, and what was on the hosts before is as it was."""

from __future__ import annotations

import re

import pytest


def test_the_learner_was_promoted_and_the_address_was_changed_each_in_one_run(nodes):
    members = nodes[0].members()
    assert {member["name"]: member["peerURLs"][0].rsplit(":", 1)[1] for member in members} == {
        "etcd1": "2380",
        "etcd2": "2380",
        "etcd3": "2390",
    }
    assert not [member["name"] for member in members if member.get("isLearner")]


def test_every_member_runs_with_the_unit_that_is_on_the_disk(host):
    """Also the one that systemd started again by itself, with the new settings and the old unit."""
    pid = host.check_output("systemctl show --property MainPID --value etcd")
    limits = host.file(f"/proc/{pid}/limits").content_string
    assert re.findall("^Max open files +([0-9]+) +([0-9]+)", limits, re.MULTILINE) == [("10000", "10000")]
    assert host.check_output("systemctl show --property NeedDaemonReload etcd") == "NeedDaemonReload=no"


def test_an_account_that_was_there_is_as_it_was_and_one_that_was_missing_was_created(node):
    *_names, home, shell = node.host.check_output("getent passwd etcd").split(":")
    expected = {"etcd1": ("/srv/etcd", "/bin/sh"), "etcd2": ("/var/lib/etcd", "/usr/sbin/nologin")}
    assert (home, shell) == expected.get(node.name, (home, shell))


def test_no_upgrade_of_the_distribution_restarts_all_members_at_once(host):
    assert host.check_output("apt-mark showhold").split() == ["etcd-client", "etcd-server"]


@pytest.mark.parametrize(
    ("unit", "restarts"), [("etcd.service", "no"), ("etcd2.service", "yes"), ("sshd.service", "yes")]
)
def test_needrestart_leaves_etcd_alone(host, unit, restarts):
    """The settings are a program in Perl."""
    program = (
        "our %nrconf; defined(do q(/etc/needrestart/conf.d/quorum-etcd-etcd.conf)) or die; my %rc = "
        "%{$nrconf{override_rc}}; print((grep { $ARGV[0] =~ /$_/ and not $rc{$_} } keys %rc) ? q(no) : q(yes))"
    )
    assert host.check_output("perl -e %s %s", program, unit) == restarts
