# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd unit that the role writes, and what a change of it restarts. systemd itself has it in `role_hardened`."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).resolve().parents[2] / "roles" / "etcd_cluster"


@pytest.fixture(scope="module", autouse=True)
def plugins():
    """Ansible finds its own lookups only in a program that has asked it to look for plugins."""
    init_plugin_loader()


def trusted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: trusted(one) for name, one in value.items()}
    if isinstance(value, list):
        return [trusted(one) for one in value]
    return trust_as_template(value) if isinstance(value, str) else value


def templar(**variables: Any) -> Templar:
    """The role's variables, with these of a user."""
    paths = [ROLE / "defaults" / "main.yml", *sorted((ROLE / "vars" / "main").glob("*.yml"))]
    of_the_role = {name: value for path in paths for name, value in trusted(yaml.safe_load(path.read_text())).items()}
    found = {"service": {"sandboxing": True}}
    loader = DataLoader()
    loader.set_basedir(str(ROLE))
    known = {**of_the_role, "etcd_cluster__found": found, **variables}
    return Templar(loader, variables={**known, "role_path": str(ROLE), "ansible_search_path": [str(ROLE)]})


class Unit:
    """A unit file as systemd reads it: each setting with all its values, in their order."""

    def __init__(self, **variables: Any) -> None:
        made = templar(**variables)
        self.text = made.template(trust_as_template("{{ lookup('ansible.builtin.template', 'etcd.service.j2') }}"))
        self.mark = made.template(trust_as_template("{{ etcd_cluster__unit_mark }}"))

    def values(self, section: str, name: str) -> list[str]:
        here, found = "", []
        for line in self.text.splitlines():
            here = line.strip("[]") if line.startswith("[") else here
            if here == section and line.startswith(f"{name}="):
                found.append(line.partition("=")[2])
        return found


def test_a_unit_has_three_sections_and_no_line_that_is_none():
    unit = Unit()
    sections = [line for line in unit.text.splitlines() if line.startswith("[")]
    assert sections == ["[Unit]", "[Service]", "[Install]"]
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=["="])
    parser.read_string(unit.text)
    assert parser["Install"]["WantedBy"] == "multi-user.target"


@pytest.mark.parametrize(
    ("wal_dir", "disks", "log"),
    [
        ("", "/var/lib/etcd/data", "/var/lib/etcd/data/member/wal"),
        ("/srv/log", "/var/lib/etcd/data /srv/log", "/srv/log/wal"),
    ],
)
def test_a_unit_waits_for_its_disks_and_may_write_to_them_alone(wal_dir, disks, log):
    unit = Unit(etcd_cluster_wal_dir=wal_dir)
    assert unit.values("Unit", "RequiresMountsFor") == [disks]
    assert unit.values("Service", "ReadWritePaths") == [disks]
    assert unit.values("Unit", "AssertPathExistsGlob") == [f"|{log}/*.wal"]


def test_settings_of_users_go_to_their_sections_after_those_of_the_role():
    unit = Unit(
        etcd_cluster_unit_settings={
            "MemoryMax": "4G",
            "LimitNOFILE": 100000,
            "Unit": {"After": ["chrony.service", "srv.mount"], "StartLimitBurst": 5},
            "Service": {"CPUWeight": 500},
        }
    )
    assert unit.values("Unit", "After") == ["network-online.target", "chrony.service", "srv.mount"]
    assert unit.values("Unit", "StartLimitBurst") == ["5"]
    assert unit.values("Service", "MemoryMax") == ["4G"]
    assert unit.values("Service", "LimitNOFILE") == ["65536", "100000"]
    assert unit.values("Service", "CPUWeight") == ["500"]
    assert unit.values("Service", "Unit") == unit.values("Service", "Service") == []


@pytest.mark.parametrize(
    ("settings", "restarts"),
    [
        ({"MemoryMax": "4G"}, True),
        ({"Service": {"MemoryMax": "4G"}}, True),
        ({"Unit": {"After": "chrony.service"}}, False),
        ({"Unit": {}}, False),
    ],
)
def test_members_are_restarted_for_a_change_of_the_process_and_for_no_other(settings, restarts):
    assert (Unit(etcd_cluster_unit_settings=settings).mark != Unit().mark) is restarts


def test_members_are_restarted_for_another_sandbox_on_every_host_alike():
    """The mark is made before it is known what a host can do."""
    weak = Unit(etcd_cluster__found={"service": {"sandboxing": False}})
    assert weak.text != Unit().text
    assert weak.mark == Unit().mark
    assert len(weak.mark) == 16
