# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both ports are open in the firewall that a host has, now and after its next start, and nothing else is."""

from __future__ import annotations

PORTS = {"2379/tcp", "2380/tcp"}


def test_the_firewall_is_on_and_lets_etcd_through(node):
    firewall = {"etcd2": in_ufw, "etcd3": in_firewalld}.get(node.name)
    if firewall is not None:
        firewall(node.host)


def in_ufw(host):
    status = host.check_output("ufw status").splitlines()
    assert "Status: active" in status
    assert {line.split()[0] for line in status if "ALLOW" in line} == PORTS | {"22/tcp"}


def in_firewalld(host):
    assert set(host.check_output("firewall-cmd --list-ports").split()) == PORTS
    assert set(host.check_output("firewall-cmd --permanent --list-ports").split()) == PORTS
