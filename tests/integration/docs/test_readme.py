# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README from top to bottom: its playbooks and its refusal, as they stand there, on a real cluster.

Its hosts are addresses of this machine's loopback network, so that its URLs and ports hold. What a host does to start
etcd, a settings file and a service, is the one thing that is replaced.
"""

from __future__ import annotations

import functools
import os
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible_playbook import TaskEnded, run
from tests.demo.starter import Starter
from tests.testbed import releases, waiting
from tests.testbed.gateway import Gateway
from tests.testbed.session import current

ROOT = Path(__file__).resolve().parents[3]
NETWORK = "10.0.0"
READY_SECONDS = 30.0


@functools.cache
def blocks() -> dict[str, str]:
    """The README's blocks of YAML by what their first line calls them: `# join.yml`."""
    return dict(re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL))


class Site:
    """The hosts n1 to n4 of the README, and its playbooks."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.network = f"127.{random.randint(2, 250)}.{random.randint(0, 250)}"
        self._release = releases.find()
        self._running: dict[str, int] = {}
        self.starter = Starter(self._start_service, directory)
        (directory / "inventory.yml").write_text(yaml.safe_dump(self._inventory()))
        for name in ("join.yml", "remove.yml", "info.yml"):
            (directory / name).write_text(yaml.safe_dump(self._on_our_hosts(yaml.safe_load(blocks()[name])), sort_keys=False))

    def address(self, host: str) -> str:
        return f"{self.network}.{host.removeprefix('n')}"

    def play(self, playbook: str, *arguments: str) -> list[TaskEnded]:
        return run(["-i", str(self.directory / "inventory.yml"), str(self.directory / playbook), *arguments], self.directory)

    def start_alone(self, host: str) -> None:
        """A cluster of one member: where the README begins."""
        peer, client = f"http://{self.address(host)}:2380", f"http://{self.address(host)}:2379"
        self._spawn(
            host,
            {
                "ETCD_NAME": host,
                "ETCD_INITIAL_ADVERTISE_PEER_URLS": peer,
                "ETCD_INITIAL_CLUSTER": f"{host}={peer}",
                "ETCD_LISTEN_PEER_URLS": peer,
                "ETCD_LISTEN_CLIENT_URLS": client,
                "ETCD_ADVERTISE_CLIENT_URLS": client,
            },
        )
        waiting.until(f"{host} to be healthy", lambda: _not_healthy(client), READY_SECONDS)

    def kill(self, host: str) -> None:
        current().end([self._running.pop(host)])

    def kill_all(self) -> None:
        current().end(list(self._running.values()))

    def voters(self) -> set[str]:
        """The names of the voters, by n1's or n2's own word."""
        listed = Gateway(f"http://{self.address('n1')}:2379").member_list()
        return {record["name"] for record in listed if not record["isLearner"]}

    def _inventory(self) -> dict[str, Any]:
        """The README's own, with our addresses, the host n4 of which it speaks later, and no need to log in."""
        inventory = yaml.safe_load(blocks()["inventory.yml"].replace(NETWORK, self.network))
        inventory["etcd"]["hosts"]["n4"] = {"ansible_host": self.address("n4")}
        inventory["all"]["hosts"] = {"localhost": {}}
        inventory["all"]["vars"]["ansible_connection"] = "local"
        return inventory

    def _on_our_hosts(self, plays: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for play in plays:
            play.pop("become", None)
            for task in play["tasks"]:
                if "ansible.builtin.copy" in task:
                    assert task["ansible.builtin.copy"]["dest"] == "/etc/default/etcd"
                    task["ansible.builtin.copy"]["dest"] = f"{self.directory}/{{{{ inventory_hostname }}}}.conf"
                if "ansible.builtin.service" in task:
                    assert task.pop("ansible.builtin.service")["name"] == "etcd"
                    task.update({"ansible.builtin.command": self.starter.command("{{ inventory_hostname }}"), "changed_when": False})
        return plays

    def _start_service(self, host: str, _variables: Mapping[str, str]) -> None:
        """What `systemctl start etcd` does: nothing where it runs, else etcd with the variables of its settings file."""
        if host not in self._running:
            lines = (self.directory / f"{host}.conf").read_text().splitlines()
            self._spawn(host, dict(line.split("=", 1) for line in lines if line))

    def _spawn(self, host: str, variables: Mapping[str, str]) -> None:
        environment = {**variables, "ETCD_DATA_DIR": str(self.directory / host)}
        self._running[host] = current().spawn([os.fspath(self._release.etcd)], environment, self.directory / f"{host}.log")


def _not_healthy(client_url: str) -> str | None:
    try:
        status, text = Gateway(client_url).get("/health", timeout=1)
    except OSError as problem:
        return str(problem)
    return None if status == 200 else text


@pytest.fixture
def site():
    site = Site(current().new_directory())
    with site.starter:
        yield site
    site.kill_all()


def failures(ended: list[TaskEnded]) -> list[Any]:
    return [task.result.get("msg") for task in ended if task.outcome not in ("ok", "skipped")]


def changed(ended: list[TaskEnded]) -> list[str]:
    return [task.name for task in ended if task.changed]


@pytest.mark.timeout(600)
def test_the_readme_from_top_to_bottom(site):
    site.start_alone("n1")

    joined = site.play("join.yml", "--limit", "n2,n3")
    assert failures(joined) == []
    assert site.voters() == {"n1", "n2", "n3"}

    again = site.play("join.yml", "--limit", "n2,n3")
    assert failures(again) == []
    assert changed(again) == []

    assert failures(site.play("info.yml")) == []

    site.kill("n3")
    (refused,) = [task for task in site.play("join.yml", "--limit", "n4") if task.outcome == "failed"]
    assert {**refused.result["refusal"], "message": refused.result["refusal"]["message"].replace(site.network, NETWORK)} == yaml.safe_load(blocks()["refusal"])
    assert site.voters() == {"n1", "n2", "n3"}
    assert any("healthy" in str(message) or "Assertion" in str(message) for message in failures(site.play("info.yml")))

    assert failures(site.play("remove.yml", "-e", "member=n3")) == []
    assert failures(site.play("join.yml", "--limit", "n4")) == []
    assert site.voters() == {"n1", "n2", "n4"}

    assert failures(site.play("remove.yml", "-e", "member=n2")) == []
    assert site.voters() == {"n1", "n4"}
