# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a Molecule scenario: what its playbooks get, and that nothing stays when it ends."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml
from docker.models.containers import Container

from tests.testbed import releases
from tests.testbed.backend import BackendAbsent
from tests.testbed.docker import lab, ssh
from tests.testbed.docker.lab import Scenario, WrongScenario
from tests.testbed.docker.ownership import LAB

PRINTED = "/var/printed"


@pytest.fixture
def scenario(engine, tmp_path: Path) -> Iterator:
    """Writes a scenario's molecule.yml, and destroys its hosts at the end."""
    made: list[Scenario] = []

    def make(hosts: int, name: str = "tried", **options: object) -> Scenario:
        folder = tmp_path / name
        folder.mkdir()
        platforms = [{"name": f"etcd{number}"} for number in range(1, hosts + 1)]
        (folder / "molecule.yml").write_text(
            yaml.safe_dump({"driver": {"name": "docker", "options": options}, "platforms": platforms})
        )
        made.append(Scenario.from_environment(variables(folder, name)))
        return made[-1]

    yield make
    for each in made:
        lab.destroy(each)


def variables(folder: Path, name: str) -> dict[str, str]:
    """What Molecule sets for its playbooks."""
    return {
        "MOLECULE_FILE": str(folder / "molecule.yml"),
        "MOLECULE_SCENARIO_NAME": name,
        "MOLECULE_EPHEMERAL_DIRECTORY": str(folder),
    }


def containers_of(engine: docker.DockerClient, scenario: Scenario) -> list:
    return engine.containers.list(all=True, filters={"label": f"{LAB}={scenario.lab}"})


def networks_of(engine: docker.DockerClient, scenario: Scenario) -> list:
    return engine.networks.list(filters={"label": f"{LAB}={scenario.lab}"})


def hosts_in(inventory: Path) -> dict:
    return yaml.safe_load(inventory.read_text())["all"]["hosts"]


def on(engine: docker.DockerClient, host: dict, command: str, **variables: str) -> str:
    """Runs a command on a host, and returns what it printed.

    The output goes through a file: a busy engine sometimes loses all that a short command printed, and still reports
    success (moby issue 27289; seen with Docker 20.10.24, once in 1500 commands beside two busy loops).
    """
    container = engine.containers.get(host["ansible_host"])
    answer: Any = container.exec_run(["sh", "-c", f"exec >{PRINTED} 2>&1\n{command}"], environment=variables)
    printed = text_of(container, PRINTED)
    assert answer.exit_code == 0, printed
    return printed


def text_of(container: Container, path: str) -> str:
    chunks, _size = container.get_archive(path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        file = archive.extractfile(archive.getmembers()[0])
        assert file, path
        return file.read().decode()


def runs_etcd(engine: docker.DockerClient, host: dict) -> bool:
    answer: Any = engine.containers.get(host["ansible_host"]).exec_run(["pgrep", "-x", "etcd"])
    return answer.exit_code == 0


def test_members_run_and_the_other_platforms_are_idle_hosts(engine, scenario):
    made = scenario(4, cluster={"size": 3, "dead": 1})
    lab.create(made)
    hosts = hosts_in(made.inventory)
    assert list(hosts) == ["etcd1", "etcd2", "etcd3", "etcd4"]
    running = [name for name, host in hosts.items() if runs_etcd(engine, host)]
    assert len(running) == 2, running
    assert "etcd4" not in running
    assert len({host["etcd_address"] for host in hosts.values()}) == 4
    data = yaml.safe_load(made.inventory.read_text())["all"]["vars"]["etcd_data"]
    assert on(engine, hosts[running[0]], "etcdctl get --prefix before/ --keys-only").split() == sorted(data)
    listed = json.loads(on(engine, hosts[running[0]], "etcdctl member list -w json"))["members"]
    assert sorted(member["peerURLs"][0] for member in listed) == sorted(
        hosts[name]["etcd_peer_url"] for name in ("etcd1", "etcd2", "etcd3")
    )


def test_an_idle_host_starts_etcd_with_what_a_member_needs_and_no_more(engine, scenario):
    made = scenario(2, cluster={"size": 1, "tls": True})
    lab.create(made)
    first, second = hosts_in(made.inventory).values()
    connection = yaml.safe_load(made.inventory.read_text())["all"]["vars"]["etcd_connection"]
    asked = {
        "ETCDCTL_CACERT": connection["ca_cert"],
        "ETCDCTL_CERT": connection["client_cert"],
        "ETCDCTL_KEY": connection["client_key"],
        "ETCDCTL_ENDPOINTS": connection["endpoints"][0],
    }
    said = on(engine, first, f"etcdctl member add etcd2 --learner --peer-urls={second['etcd_peer_url']}", **asked)
    identity = {
        name: value.strip('"')
        for name, _, value in (line.partition("=") for line in said.splitlines() if line.startswith("ETCD_"))
    }
    assert on(engine, second, "etcd-start", **identity) == "started etcd\n"
    assert on(engine, second, "etcd-start", **identity) == "etcd runs already\n"
    on(
        engine,
        first,
        "for i in $(seq 100); do etcdctl member list | grep -q 'started, etcd2' && exit; sleep 0.1; done; exit 1",
        **asked,
    )
    on(engine, second, "etcd-stop KILL; ! pgrep -x etcd")
    assert on(engine, second, "etcd-start") == "started etcd\n"


def test_the_members_live_on_when_the_program_that_made_them_has_ended(engine, scenario, tmp_path):
    made = scenario(1, cluster={"size": 1})
    environment = variables(tmp_path / "tried", "tried")
    subprocess.run(
        [sys.executable, "-m", "tests.testbed.docker", "create"],
        env={**os.environ, **environment},
        check=True,
        timeout=60,
    )
    (host,) = hosts_in(made.inventory).values()
    on(engine, host, "etcdctl put key value")
    assert "ready to serve client requests" in engine.containers.get(host["ansible_host"]).logs().decode()


def test_hosts_with_an_init_system(engine, scenario):
    made = scenario(2, kind="systemd")
    lab.create(made)
    for container in containers_of(engine, made):
        host = {"ansible_host": container.name}
        assert on(engine, host, "systemctl is-system-running || systemctl --failed").strip() == "running"
        assert on(engine, host, "systemctl is-active etcd || true").strip() == "inactive"
        assert not container.attrs["HostConfig"]["Privileged"]


@pytest.mark.parametrize(("options", "version"), [({}, "3.4"), ({"version": "3.5.16"}, "3.5.16")])
def test_the_release_is_the_chosen_one_unless_the_scenario_is_about_another(scenario, tmp_path, options, version):
    scenario(1, **options)
    chosen = {releases.CHOICE_FOR_SCENARIOS: "3.4"}
    assert Scenario.from_environment({**variables(tmp_path / "tried", "tried"), **chosen}).version == version


def test_hosts_have_the_programs_of_their_release_or_no_etcd_at_all(engine, scenario):
    release = releases.find(releases.TESTED_MINORS[0])
    with_etcd = scenario(1, name="with", version=release.version)
    without = scenario(1, name="without", has_etcd=False)
    lab.create(with_etcd)
    lab.create(without)
    (host,) = hosts_in(with_etcd.inventory).values()
    assert f"etcd Version: {release.version}\n" in on(engine, host, "etcd --version")
    assert f"etcdctl version: {release.version}\n" in on(engine, host, "etcdctl version")
    (host,) = hosts_in(without.inventory).values()
    assert on(engine, host, "command -v etcd etcdctl || echo none") == "none\n"


def test_hosts_with_an_init_system_are_reached_over_ssh_until_they_are_gone(engine, scenario):
    if not ssh.is_here():
        raise BackendAbsent("ssh and ssh-keygen are not on PATH; install openssh-client")
    made = scenario(2, kind="systemd")
    lab.create(made)
    ping = [
        str(Path(sys.executable).with_name("ansible")),
        "--inventory",
        str(made.inventory),
        "all",
        "--module-name",
        "ping",
    ]

    reached = subprocess.run(ping, capture_output=True, text=True, check=False)
    open_connections = [*(made.files / ssh.SOCKETS).resolve().glob("*")]
    lab.destroy(made)

    assert reached.stdout.count("SUCCESS") == 2, reached
    assert len(open_connections) == 2
    assert not any(socket.exists() or socket.parent.exists() for socket in open_connections)


def test_hosts_are_reached_through_the_engine_where_there_is_no_ssh(engine, scenario, monkeypatch):
    monkeypatch.setattr(ssh, "is_here", lambda: False)
    made = scenario(1, kind="systemd")
    lab.create(made)
    [host] = hosts_in(made.inventory).values()
    assert host["ansible_connection"] == "community.docker.docker"
    assert on(engine, host, "systemctl is-system-running || systemctl --failed").strip() == "running"


def test_destroying_leaves_nothing_of_this_scenario_and_all_of_the_others(engine, scenario):
    one, other = scenario(1, "one"), scenario(1, "other")
    lab.create(one)
    lab.create(other)
    lab.destroy(one)
    assert (containers_of(engine, one), networks_of(engine, one)) == ([], [])
    assert not one.files.exists()
    assert not one.inventory.exists()
    assert (len(containers_of(engine, other)), len(networks_of(engine, other))) == (1, 1)


def test_what_a_run_that_was_killed_left_goes_when_the_scenario_runs_again(engine, scenario):
    made = scenario(1)
    lab.create(made)
    made.inventory.unlink()
    earlier = containers_of(engine, made)
    lab.create(made)
    now = containers_of(engine, made)
    assert len(now) == 1
    assert now[0].id != earlier[0].id


def test_a_lab_that_cannot_be_made_leaves_nothing(engine, scenario):
    made = scenario(2, cluster={"size": 3})
    with pytest.raises(WrongScenario, match="3 members, and only 2 platforms"):
        lab.create(made)
    assert (containers_of(engine, made), networks_of(engine, made)) == ([], [])


@pytest.mark.parametrize(
    ("hosts", "options", "line"),
    [
        (
            1,
            {"clutser": {}},
            "driver.options.clutser is unknown; there are: capabilities, cluster, has_etcd, kind, releases",
        ),
        (1, {"cluster": {"sise": 1}}, "driver.options.cluster.sise is unknown; there are: auth, dead"),
        (1, {"kind": "systemd", "cluster": {"size": 1}}, "leave driver.options.cluster out"),
        (1, {"has_etcd": False, "cluster": {"size": 1}}, "leave driver.options.cluster out"),
    ],
)
def test_a_scenario_that_asks_for_what_cannot_be(scenario, hosts, options, line):
    with pytest.raises(WrongScenario, match=line):
        scenario(hosts, **options)


def test_without_molecule_the_commands_say_who_calls_them(monkeypatch):
    with pytest.raises(WrongScenario, match="MOLECULE_FILE is not set"):
        Scenario.from_environment({})
