# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A live cluster as an inventory, as `ansible-inventory` and `ansible-playbook` show it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible_playbook import run
from tests.integration.differences import one_of_each_minor
from tests.integration.inventory.listing import InventoryFile, Listing
from tests.testbed import Cluster
from tests.testbed.cluster import PASSWORD
from tests.testbed.member import Member

Lister = Callable[..., Listing]


@pytest.fixture
def file(tmp_path: Path) -> InventoryFile:
    return InventoryFile(tmp_path)


@pytest.fixture
def listing(file: InventoryFile, etcd_cluster: Cluster) -> Lister:
    """Lists the cluster with these options besides those of its connection."""

    def listed(*arguments: str, environment: Mapping[str, str] | None = None, **options: Any) -> Listing:
        file.write({**etcd_cluster.connection, **options})
        return file.list(*arguments, environment=environment)

    return listed


def names(*members: Member) -> set[str]:
    return {member.name for member in members}


def ours(found: Listing) -> dict[str, set[str]]:
    return {group: found.groups[group] for group in ("etcd", "etcd_leader", "etcd_learners", "etcd_unhealthy")}


# -- what is there -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "version", [pytest.param(release, marks=pytest.mark.etcd(version=release)) for release in one_of_each_minor("3.4")]
)
@pytest.mark.etcd(size=3, dead=1, learners=1)
def test_members_are_hosts_in_the_groups_that_fit_them(etcd_cluster: Cluster, listing: Lister, version: str):
    (dead,) = (member for member in etcd_cluster.members if not member.is_running)
    (learner,) = etcd_cluster.learners
    leader = etcd_cluster.leader
    found = listing()
    assert ours(found) == {
        "etcd": names(*etcd_cluster.members),
        "etcd_leader": names(leader),
        "etcd_learners": names(learner),
        "etcd_unhealthy": names(dead),
    }
    told = found.variables[leader.name]
    assert {
        key: told[f"etcd_{key}"]
        for key in ("name", "id", "role", "peer_urls", "client_urls", "healthy", "version", "has_quorum")
    } == {
        "name": leader.name,
        "id": f"{leader.member_id:x}",
        "role": "leader",
        "peer_urls": [leader.peer_url],
        "client_urls": [leader.client_url],
        "healthy": True,
        "version": etcd_cluster.version,
        "has_quorum": True,
    }
    assert told["ansible_host"] == "127.0.0.1"
    assert told["etcd_quorum"] == {"voters": 3, "size": 2, "healthy": 2, "fault_tolerance": 0}
    assert found.variables[dead.name]["etcd_error"]["code"] == "connection_refused"
    assert "WARNING" not in found.said


@pytest.mark.etcd(size=3, unstarted_learners=1)
def test_a_member_that_never_started_is_a_host_called_by_its_address_and_id(etcd_cluster: Cluster, listing: Lister):
    (record,) = (record for record in etcd_cluster.member_list() if not record.get("name"))
    unstarted = f"127.0.0.1-{record['ID']:x}"
    found = listing()
    assert found.groups["etcd_learners"] == found.groups["etcd_unhealthy"] == {unstarted}
    assert found.variables[unstarted]["etcd_started"] is False
    assert found.variables[unstarted]["etcd_peer_urls"] == record["peerURLs"]


@pytest.mark.etcd(size=1, learners=1)
def test_two_members_of_one_name_are_two_hosts(etcd_cluster: Cluster, listing: Lister):
    (learner,) = etcd_cluster.learners
    learner.restart(name="etcd1")
    found = listing()
    assert found.hosts == {f"etcd1-{member.member_id:x}" for member in etcd_cluster.members}
    assert found.groups["etcd_learners"] == {f"etcd1-{learner.member_id:x}"}
    assert "2 members are named etcd1" in found.said


@pytest.mark.etcd(size=3, dead=2)
def test_without_a_quorum_the_members_are_listed_with_a_warning(etcd_cluster: Cluster, listing: Lister):
    found = listing()
    assert ours(found) == {
        "etcd": names(*etcd_cluster.members),
        "etcd_leader": set(),
        "etcd_learners": set(),
        "etcd_unhealthy": names(*etcd_cluster.members),
    }
    assert {variables["etcd_has_quorum"] for variables in found.variables.values()} == {False}
    assert "The cluster has no quorum: nothing can be written, and the member list may be stale." in " ".join(
        found.said.split()
    )


@pytest.mark.etcd(size=3, dead=1)
def test_one_endpoint_that_answers_is_enough_and_a_dead_one_does_no_harm(etcd_cluster: Cluster, listing: Lister):
    (dead,) = (member for member in etcd_cluster.members if not member.is_running)
    found = listing(endpoints=[dead.client_url, etcd_cluster.live_endpoints[0]])
    assert found.groups["etcd"] == names(*etcd_cluster.members)
    assert found.groups["etcd_unhealthy"] == names(dead)


# -- constructed -------------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=3, dead=1)
def test_variables_and_groups_can_be_constructed(etcd_cluster: Cluster, listing: Lister):
    (dead,) = (member for member in etcd_cluster.members if not member.is_running)
    release = etcd_cluster.version.replace(".", "_")
    found = listing(
        strict=True,
        group="kv",
        ansible_host_from="none",
        compose={"ansible_host": "etcd_name ~ '.example.com'", "ansible_port": "22"},
        groups={"kv_down": "not etcd_reachable"},
        keyed_groups=[{"prefix": "release", "key": "etcd_version", "default_value": "unknown"}],
    )
    assert found.groups["kv"] == names(*etcd_cluster.members)
    assert found.groups["kv_down"] == found.groups["release_unknown"] == found.groups["kv_unhealthy"] == names(dead)
    assert found.groups[f"release_{release}"] == names(*etcd_cluster.live)
    assert found.variables[dead.name]["ansible_host"] == f"{dead.name}.example.com"
    assert found.variables[dead.name]["ansible_port"] == 22


@pytest.mark.etcd(size=1)
def test_what_cannot_be_constructed_is_left_out_or_an_error_as_strict_says(listing: Lister):
    wrong = {"compose": {"nowhere": "etcd_nothing + 1"}}
    assert "nowhere" not in listing(**wrong).variables["etcd1"]
    strict = listing(strict=True, **wrong)
    assert strict.failed
    assert "Could not set nowhere for host etcd1" in strict.said


@pytest.mark.slow
@pytest.mark.etcd(size=1)
def test_the_name_of_a_member_is_never_run(etcd_cluster: Cluster, listing: Lister, tmp_path: Path):
    """Who may start a member may not run code on the controller."""
    trap = "{{ lookup('pipe', 'touch TRAP') }}".replace("TRAP", str(tmp_path / "sprung"))
    etcd_cluster.members[0].restart(name=trap)
    found = listing(compose={"copy": "etcd_name", "longer": "etcd_name ~ '!'"})
    (host,) = found.variables.values()
    assert (host["etcd_name"], host["copy"], host["longer"]) == (
        {"__ansible_unsafe": trap},
        {"__ansible_unsafe": trap},
        {"__ansible_unsafe": trap + "!"},
    )
    tasks = run(
        ["-i", str(tmp_path / "x.etcd_members.yml"), *playbook(tmp_path, "{{ etcd_name }} {{ copy }} {{ longer }}")],
        tmp_path,
    )
    assert [task.outcome for task in tasks] == ["ok"]
    assert not (tmp_path / "sprung").exists()


def playbook(directory: Path, message: str, hosts: str = "etcd") -> list[str]:
    """A play that says something on each host, without connecting to it."""
    task = {"name": "Say it", "ansible.builtin.debug": {"msg": message}}
    path = directory / "play.yml"
    path.write_text(yaml.safe_dump([{"name": "Say", "hosts": hosts, "gather_facts": False, "tasks": [task]}]))
    return [str(path)]


@pytest.mark.parametrize("transport", ["gateway", "grpc"])
@pytest.mark.etcd(size=3)
def test_a_playbook_runs_on_its_hosts(etcd_cluster: Cluster, file: InventoryFile, transport: str):
    """Over gRPC too, which does not like a process that splits, as Ansible does for each host."""
    file.write({**etcd_cluster.connection, "transport": transport})
    tasks = run(
        ["-i", str(file.path), *playbook(file.directory, "{{ etcd_role }}", "etcd:!etcd_leader")], file.directory
    )
    assert {(task.host, task.result["msg"]) for task in tasks} == {
        (member.name, "voter") for member in etcd_cluster.followers
    }


# -- the cache ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.etcd(size=1, tls=True, auth=True)
def test_the_cache_serves_a_cluster_that_is_gone_and_holds_no_secret(
    etcd_cluster: Cluster, listing: Lister, tmp_path: Path
):
    store = tmp_path / "cache"
    cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(store)}
    fresh = listing("-vvvv", **cached)
    etcd_cluster.members[0].kill()

    kept = listing(**cached)
    assert kept.variables == fresh.variables != {}
    assert kept.groups == fresh.groups
    # What is kept is the cluster, not the inventory: how it is laid out can change.
    assert listing(**cached, hostname_from="client_url").hosts == {f"127.0.0.1-{fresh.variables['etcd1']['etcd_id']}"}

    flushed = listing("--flush-cache", **cached)
    elsewhere = listing(**cached, endpoints=[etcd_cluster.members[0].client_url.replace("127.0.0.1", "localhost")])
    assert flushed.failed
    assert elsewhere.failed
    texts = [file.read_text() for file in store.iterdir()] + [fresh.said, kept.said, flushed.said]
    assert len(texts) == 4
    assert not [text for text in texts if PASSWORD in text]


# -- how to connect ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["root:" + PASSWORD, "root"], ids=["user and password", "user"])
@pytest.mark.etcd(size=1, tls=True, auth=True)
def test_the_connection_may_come_from_the_environment_and_from_ansible_cfg(
    etcd_cluster: Cluster, file: InventoryFile, user: str
):
    connection = etcd_cluster.connection
    (file.directory / "ansible.cfg").write_text(
        f"[quorum_etcd]\nca_cert = {connection['ca_cert']}\nclient_cert = "
        f"{connection['client_cert']}\nrequest_timeout = 4\nusername = nobody\n"
    )
    file.write({})
    found = file.list(
        environment={
            "ANSIBLE_CONFIG": str(file.directory / "ansible.cfg"),
            "ETCDCTL_ENDPOINTS": "https://127.0.0.1:1," + connection["endpoints"][0],
            "ETCDCTL_KEY": connection["client_key"],
            "ETCDCTL_USER": user,
            **({} if ":" in user else {"ETCDCTL_PASSWORD": PASSWORD}),
        }
    )
    assert found.hosts == {"etcd1"}, found.said


@pytest.mark.slow
@pytest.mark.etcd(size=1, tls=True, auth=True)
def test_options_may_be_templates_and_in_a_vault(etcd_cluster: Cluster, file: InventoryFile):
    connection = etcd_cluster.connection
    file.write(
        {
            **connection,
            "endpoints": "{{ ports | map('regex_replace', '^', 'https://127.0.0.1:') | list }}",
            "request_timeout": "{{ 2 + 2 }}",
            "password": "{{ lookup('ansible.builtin.env', 'SECRET') }}",
        }
    )
    ports = yaml.safe_dump(
        {"ports": [int(url.rpartition(":")[2]) for url in connection["endpoints"]]}, default_flow_style=True
    ).strip()
    assert file.list("-e", ports, environment={"SECRET": PASSWORD}).hosts == {"etcd1"}

    (file.directory / "vault").write_text("geheim")
    vault = ["--vault-password-file", str(file.directory / "vault")]
    encrypt = [
        str(Path(sys.executable).with_name("ansible-vault")),
        "encrypt_string",
        *vault,
        "--stdin-name",
        "password",
    ]
    secret = subprocess.run(
        encrypt, input=PASSWORD, env=file.environment({}), capture_output=True, text=True, check=True, timeout=60
    ).stdout
    file.write({name: value for name, value in connection.items() if name != "password"})
    file.path.write_text(file.path.read_text() + secret)
    assert file.list(*vault).hosts == {"etcd1"}


# -- what goes wrong ---------------------------------------------------------------------------------------------------


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"password": "wrong"}, "Check username and password."),
    ({"password": ["wrong"]}, "password has to be a text"),
    ({"password": None}, "parameters are required together: username, password"),
    ({"ca_cert": "/nowhere/ca.crt"}, "/nowhere/ca.crt"),
    ({"endpoint": "http://10.0.0.1:2379"}, "there is no option endpoint: the options are ansible_host_from,"),
    ({"endpoints": []}, "endpoints is empty"),
    ({"endpoints": ["http://root:wrong@127.0.0.1:2379"]}, "an endpoint carries a user name before its host"),
    ({"endpoints": "{{ nobody_knows }}"}, "the template in endpoints cannot be filled in: 'nobody_knows' is undefined"),
    ({"group": "not-a-group"}, "group is 'not-a-group'"),
    ({"hostname_from": "moon"}, "hostname_from"),
]


@pytest.mark.etcd(size=1, tls=True, auth=True)
def test_what_cannot_work_is_one_clear_error(etcd_cluster: Cluster, tmp_path: Path):
    """Of each of several inventories in one command. The last one works, else nothing would be listed."""
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"another": {"known": True}}}}))
    files = [InventoryFile(tmp_path, f"{number}.etcd_members.yml") for number in range(len(WRONG))]
    for file, (options, _problem) in zip(files, WRONG, strict=True):
        file.write({**etcd_cluster.connection, **options})
    sources = [word for file in files[1:] for word in ("-i", str(file.path))]
    found = files[0].list(
        "-vvv",
        *sources,
        "-i",
        str(tmp_path / "hosts.yml"),
        environment={"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false"},
    )
    assert found.hosts == {"another"}
    said = " ".join(found.said.split())
    assert [problem for _options, problem in WRONG if problem not in said] == []
    assert "Traceback" not in found.said
    assert "wrong" not in found.said
    assert PASSWORD not in found.said


@pytest.mark.etcd(size=1)
def test_what_cannot_work_fails(listing: Lister):
    assert listing(endpoints=[]).failed


@pytest.mark.etcd(size=3)
def test_a_cluster_that_does_not_answer_is_one_clear_error(etcd_cluster: Cluster, listing: Lister):
    for member in etcd_cluster.members:
        member.kill()
    found = listing("-vvv")
    assert found.failed
    said = " ".join(found.said.split())
    assert "none of the 3 endpoints can be used" in said
    assert "Check that etcd runs there and that the endpoints are its client URLs." in said
    assert "Traceback" not in found.said
