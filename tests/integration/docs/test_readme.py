# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README from top to bottom: its commands, its playbooks and its refusal, as they stand there, on a real cluster.

A command that no test runs fails here, so nobody adds one without a way to run it. Its hosts are addresses of this
machine's loopback network, so that its URLs and ports hold. What a host does to start etcd, a settings file and a
service, is the one thing that is replaced.
"""

from __future__ import annotations

import os
import random
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible_playbook import TaskEnded, run
from tests.bare_machine import checkout
from tests.demo.starter import Starter
from tests.integration.docs.readme import ELSEWHERE, commands, files
from tests.testbed import releases, waiting
from tests.testbed.gateway import Gateway
from tests.testbed.session import current

GIT_ADDRESS = "git+https://git.example.org/quorum.etcd.git"
NETWORK = "10.0.0"
READY_SECONDS = 30.0


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
            (directory / name).write_text(
                yaml.safe_dump(self._on_our_hosts(yaml.safe_load(files()[name])), sort_keys=False)
            )

    def address(self, host: str) -> str:
        return f"{self.network}.{host.removeprefix('n')}"

    def play(self, playbook: str, *arguments: str) -> list[TaskEnded]:
        return run(
            ["-i", str(self.directory / "inventory.yml"), str(self.directory / playbook), *arguments], self.directory
        )

    def play_command(self, command: str) -> list[TaskEnded]:
        """`ansible-playbook` as the README calls it, in the folder of its files."""
        program, *arguments = shlex.split(command)
        assert program == "ansible-playbook"
        return run(
            [str(self.directory / word) if word.endswith(".yml") else word for word in arguments], self.directory
        )

    def wipe(self, host: str) -> None:
        """A host as it was before it ever was a member."""
        self.kill(host)
        shutil.rmtree(self.directory / host)
        (self.directory / f"{host}.conf").unlink()

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
        inventory = yaml.safe_load(files()["inventory.yml"].replace(NETWORK, self.network))
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
                    task.update(
                        {
                            "ansible.builtin.command": self.starter.command("{{ inventory_hostname }}"),
                            "changed_when": False,
                        }
                    )
        return plays

    def _start_service(self, host: str, _variables: Mapping[str, str]) -> None:
        """What `systemctl start etcd` does: nothing where it runs, else etcd with the variables of its settings
        file.
        """
        if host not in self._running:
            lines = (self.directory / f"{host}.conf").read_text().splitlines()
            self._spawn(host, dict(line.split("=", 1) for line in lines if line))

    def _spawn(self, host: str, variables: Mapping[str, str]) -> None:
        environment = {**variables, "ETCD_DATA_DIR": str(self.directory / host)}
        self._running[host] = current().spawn(
            [os.fspath(self._release.etcd)], environment, self.directory / f"{host}.log"
        )


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


class Reader:
    """Runs the README's commands from top to bottom, and makes happen in between what it tells of."""

    def __init__(self, site: Site, clone: Path, repository: Path) -> None:
        self._site = site
        self._clone = clone
        self._repository = repository
        self._installed = 0

    def run(self, command: str) -> None:
        program = command.split()[0]
        runners = {"ansible-galaxy": self._galaxy, "ansible-doc": self._doc, "ansible-playbook": self._play}
        assert program in runners, f"the README shows `{command}`, and no test knows how to run it"
        runners[program](command)

    def _galaxy(self, command: str) -> None:
        # A folder for each, since what is installed already would not be installed again.
        self._installed += " install " in command
        self._shell(command.replace(GIT_ADDRESS, f"git+file://{self._repository}"))
        if " install " in command:
            assert (self._collections / "ansible_collections" / "quorum" / "etcd" / "MANIFEST.json").is_file()

    def _doc(self, command: str) -> None:
        assert "learner" in self._shell(command)

    def _play(self, command: str) -> None:
        act = {
            "ansible-playbook -i inventory.yml join.yml --limit n2,n3": self._join_two,
            "ansible-playbook -i inventory.yml remove.yml -e member=n2": self._remove_one,
            "ansible-playbook -i inventory.yml remove.yml -e member=n3": self._remove_the_dead_one,
            "ansible-playbook -i inventory.yml join.yml --limit n4": self._join_the_replacement,
        }
        assert command in act, f"the README shows `{command}`, and no test knows what it is to come to"
        act[command](command)

    def _join_two(self, command: str) -> None:
        self._site.start_alone("n1")
        assert failures(self._site.play_command(command)) == []
        assert self._site.voters() == {"n1", "n2", "n3"}
        again = self._site.play_command(command)
        assert failures(again) == []
        assert changed(again) == []
        assert failures(self._site.play("info.yml")) == []

    def _remove_one(self, command: str) -> None:
        assert failures(self._site.play_command(command)) == []
        assert self._site.voters() == {"n1", "n3"}

    def _remove_the_dead_one(self, command: str) -> None:
        """The README speaks of three members again, of which n3 has died, and of the attempt to make up for it with
        n4.
        """
        self._site.wipe("n2")
        assert failures(self._site.play("join.yml", "--limit", "n2")) == []
        self._site.kill("n3")
        self._see_the_refusal()
        assert failures(self._site.play_command(command)) == []
        assert self._site.voters() == {"n1", "n2"}

    def _see_the_refusal(self) -> None:
        (refused,) = [task for task in self._site.play("join.yml", "--limit", "n4") if task.outcome == "failed"]
        refusal = refused.result["refusal"]
        assert {**refusal, "message": refusal["message"].replace(self._site.network, NETWORK)} == yaml.safe_load(
            files()["refusal"]
        )
        assert self._site.voters() == {"n1", "n2", "n3"}
        assert any(
            "healthy" in str(message) or "Assertion" in str(message)
            for message in failures(self._site.play("info.yml"))
        )

    def _join_the_replacement(self, command: str) -> None:
        assert failures(self._site.play_command(command)) == []
        assert self._site.voters() == {"n1", "n2", "n4"}

    @property
    def _collections(self) -> Path:
        return self._clone.parent / f"collections{self._installed}"

    def _shell(self, command: str) -> str:
        """Runs a command in the clone, with the collection installed for this test alone."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(self._collections),
            "ANSIBLE_HOME": str(self._clone.parent / "ansible"),
        }
        done = subprocess.run(
            ["sh", "-c", command], cwd=self._clone, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> tuple[Path, Path]:
    """A clean clone of this checkout as it is now, and the repository that it is cloned from."""
    repository, clone = tmp_path / "origin.git", tmp_path / "clone"
    checkout.store(repository)
    subprocess.run(["git", "clone", "--quiet", str(repository), str(clone)], check=True)
    return clone, repository


@pytest.mark.timeout(600)
def test_every_command_of_the_readme_from_top_to_bottom(site, clone):
    reader = Reader(site, *clone)
    for command in commands():
        if command not in ELSEWHERE:
            reader.run(command)


def test_what_is_said_to_run_elsewhere_stands_in_the_readme():
    assert set(ELSEWHERE) <= set(commands())
