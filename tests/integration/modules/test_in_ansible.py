# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as Ansible runs them: as files with their arguments on standard input, and by ansible-playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible_playbook import ROOT, TaskEnded, ansible_environment, run
from tests.testbed import Cluster
from tests.testbed.cluster import PASSWORD

from .driver import arguments_of, listed, untouched, voters
from .module_process import run_file

# -- the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.etcd(size=1, strict=False)
def test_the_file_prints_one_json_object_for_success(cluster: Cluster):
    host = cluster.spare()

    foreseen = run_file("etcd_member", arguments_of(cluster, host), check_mode=True)
    done = run_file("etcd_member", arguments_of(cluster, host))
    again = run_file("etcd_member", arguments_of(cluster, host))

    assert foreseen.changed
    assert foreseen["plan"] == done["plan"]
    assert done.done == ["add_learner"]
    assert again.changed is False
    assert {
        "changed",
        "member",
        "members",
        "cluster_id",
        "leader",
        "quorum",
        "plan",
        "initial_cluster",
        "initial_cluster_state",
        "environment",
        "diff",
    } <= done.json.keys()
    assert listed(cluster) == {**voters("etcd1"), host.name: "unstarted learner"}


@pytest.mark.etcd(size=1)
def test_the_file_prints_one_json_object_for_a_refusal(cluster: Cluster):
    refused = run_file("etcd_member", arguments_of(cluster, name="etcd1", state="absent"))
    assert refused["failed"] is True
    assert refused.refusal == "last_member"
    assert refused["refusal"].keys() == {"code", "message", "arithmetic", "next_step"}
    assert refused["refusal"]["arithmetic"].keys() == {"before", "after"}


def test_the_file_prints_one_json_object_for_an_error():
    failed = run_file("etcd_member", {"name": "etcd1", "endpoints": ["http://127.0.0.1:1"]})
    assert failed["failed"] is True
    assert failed["error"].keys() == {"code", "message", "next_step"}
    assert failed["error"]["next_step"] in failed["msg"]


@pytest.mark.etcd(size=1)
def test_the_file_of_etcd_cluster_info_prints_one_json_object(cluster: Cluster):
    described = run_file("etcd_cluster_info", cluster.connection)
    assert described["healthy"] is True


@pytest.mark.etcd(size=1, tls=True, auth=True)
def test_the_variables_of_etcdctl_serve_where_options_are_not_given(cluster: Cluster):
    connection = cluster.connection
    environment = {
        "ETCDCTL_ENDPOINTS": ",".join(connection["endpoints"]),
        "ETCDCTL_CACERT": connection["ca_cert"],
        "ETCDCTL_CERT": connection["client_cert"],
        "ETCDCTL_KEY": connection["client_key"],
        "ETCDCTL_USER": f"root:{PASSWORD}",
    }
    both = run_file("etcd_cluster_info", {}, environment=environment)
    apart = run_file(
        "etcd_cluster_info", {}, environment={**environment, "ETCDCTL_USER": "root", "ETCDCTL_PASSWORD": PASSWORD}
    )
    given = run_file("etcd_cluster_info", {"endpoints": ["https://127.0.0.1:1"]}, environment=environment)
    assert both["healthy"] is True, both
    assert apart["healthy"] is True, apart
    assert given.error == "connection_refused"
    assert PASSWORD not in json.dumps([both.json, apart.json])


# -- ansible-playbook --------------------------------------------------------------------------------------------------

Play = dict[str, Any]


def play(cluster: Cluster, *tasks: Mapping[str, Any]) -> Play:
    """A play on this machine; the connection is given once, for the whole group of modules."""
    return {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/quorum.etcd.etcd": {**cluster.connection, "request_timeout": 3}},
        "tasks": list(tasks),
    }


def played(
    folder: Path, a_play: Play, *arguments: str, environment: Mapping[str, str] | None = None
) -> list[TaskEnded]:
    """Runs the play on the collection of the checkout."""
    playbook = folder / "play.yml"
    playbook.write_text(yaml.safe_dump([a_play]))
    inventory = [] if "-i" in arguments else ["-i", "localhost,"]
    return run([str(playbook), *inventory, "-c", "local", *arguments], folder, environment)


def member_task(name: str, host: Any, **options: Any) -> dict[str, Any]:
    return {"name": name, "quorum.etcd.etcd_member": {"name": host.name, "peer_urls": [host.peer_url], **options}}


@pytest.mark.etcd(size=1, strict=False)
def test_a_play_joins_a_member_with_the_connection_of_the_group(cluster: Cluster, tmp_path: Path):
    host = cluster.spare()
    first = played(tmp_path, play(cluster, {**member_task("register", host), "register": "joining"}))
    assert first[0].changed
    host.start(environment=first[0].result["environment"])

    second = played(
        tmp_path,
        play(
            cluster,
            member_task("promote", host, state="promoted"),
            member_task("promote again", host, state="promoted"),
            {"name": "look", "quorum.etcd.etcd_cluster_info": {}, "register": "cluster"},
            {"name": "healthy", "ansible.builtin.assert": {"that": ["cluster.healthy"]}},
        ),
    )

    assert [(task.name, task.outcome, task.changed) for task in second] == [
        ("promote", "ok", True),
        ("promote again", "ok", False),
        ("look", "ok", False),
        ("healthy", "ok", False),
    ]
    assert listed(cluster) == voters("etcd1", host)


@pytest.mark.etcd(size=1)
def test_check_mode_and_diff_of_a_play_show_what_would_become_of_the_cluster(etcd_cluster: Cluster, tmp_path: Path):
    host = etcd_cluster.spare()
    with untouched(etcd_cluster):
        (task,) = played(tmp_path, play(etcd_cluster, member_task("register", host)), "--check", "--diff")
    assert task.changed
    assert host.peer_url in task.result["diff"]["after"]
    assert host.peer_url not in task.result["diff"]["before"]


@pytest.mark.etcd(size=3, dead=1)
def test_a_play_can_act_upon_the_code_of_a_refusal(etcd_cluster: Cluster, tmp_path: Path):
    host = etcd_cluster.spare()
    tasks = played(
        tmp_path,
        play(
            etcd_cluster,
            {
                **member_task("register", host),
                "register": "outcome",
                "failed_when": "outcome.refusal.code | default('') != 'would_lose_quorum'",
            },
            {
                "name": "the refusal names the dead one",
                "ansible.builtin.assert": {"that": ["outcome.refusal.arithmetic.after.healthy == 2"]},
            },
        ),
    )
    assert [task.outcome for task in tasks] == ["ok", "ok"]


@pytest.mark.slow
@pytest.mark.etcd(size=1)
def test_of_three_forks_that_register_at_once_one_is_served_and_the_others_are_refused_in_time(
    etcd_cluster: Cluster, tmp_path: Path
):
    hosts = {host.name: host.peer_url for host in (etcd_cluster.spare() for _ in range(3))}
    register = {
        "name": "register",
        "quorum.etcd.etcd_member": {
            "name": "{{ inventory_hostname }}",
            "peer_urls": ["{{ peer_urls[inventory_hostname] }}"],
            "wait_timeout": 2,
        },
    }
    tasks = played(
        tmp_path,
        {**play(etcd_cluster, register), "hosts": "all", "vars": {"peer_urls": hosts}},
        "-i",
        f"{','.join(hosts)},",
        "--forks",
        "3",
    )
    assert sorted(task.outcome for task in tasks) == ["failed", "failed", "ok"]
    assert {task.result["refusal"]["code"] for task in tasks if task.outcome == "failed"} == {"another_learner"}
    assert sorted(listed(etcd_cluster).values()) == ["unstarted learner", "voter"]


SECRET = "a-password-that-nobody-may-read"


@pytest.fixture
def secured(etcd_cluster: Cluster) -> Cluster:
    """With a user whose password nobody else knows."""
    gateway = etcd_cluster.leader.gateway
    gateway.call("/auth/user/add", {"name": "operator", "password": SECRET})
    gateway.call("/auth/user/grant", {"user": "operator", "role": "root"})
    return etcd_cluster


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", ["of the cluster", "that refuses"])
@pytest.mark.etcd(size=1, auth=True)
def test_no_secret_is_in_what_ansible_prints_at_its_most_talkative(secured: Cluster, tmp_path: Path, endpoint: str):
    host = secured.spare()
    connection = {
        "endpoints": secured.endpoints if endpoint == "of the cluster" else ["http://127.0.0.1:1"],
        "username": "operator",
        "password": SECRET,
    }
    playbook = tmp_path / "play.yml"
    vault = tmp_path / "secrets.yml"
    vault.write_text(yaml.safe_dump({"the_password": SECRET}))
    task = {
        "name": "register",
        "quorum.etcd.etcd_member": {
            **connection,
            "password": "{{ the_password }}",
            "name": host.name,
            "peer_urls": [host.peer_url],
        },
    }
    playbook.write_text(
        yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars_files": [str(vault)], "tasks": [task]}])
    )
    environment = {
        **os.environ,
        **ansible_environment(tmp_path),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log"),
        # Since ansible-core 2.21 results tell a task's arguments only to who asks for them.
        "ANSIBLE_INJECT_INVOCATION": "true",
    }

    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            str(playbook),
            "-i",
            "localhost,",
            "-c",
            "local",
            "-vvvv",
            "--diff",
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    said = done.stdout + done.stderr + (tmp_path / "ansible.log").read_text()
    assert ("changed=1" in said) is (endpoint == "of the cluster"), said
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in said
    assert SECRET not in said
    assert "Traceback" not in said


# -- the installed collection ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the collection lies that `ansible-galaxy` has built and installed."""
    folder = tmp_path_factory.mktemp("galaxy")
    galaxy = str(Path(sys.executable).with_name("ansible-galaxy"))
    collections = folder / "collections"
    # Where the checkout's own is on the path, nothing would be installed.
    environment = {**os.environ, **ansible_environment(folder), "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    subprocess.run(
        [galaxy, "collection", "build", str(ROOT), "--output-path", str(folder)],
        env=environment,
        check=True,
        capture_output=True,
    )
    (archive,) = folder.glob("quorum-etcd-*.tar.gz")
    subprocess.run(
        [galaxy, "collection", "install", str(archive), "-p", str(collections), "--no-deps"],
        env=environment,
        check=True,
        capture_output=True,
    )
    assert (collections / "ansible_collections" / "quorum" / "etcd" / "MANIFEST.json").is_file()
    return collections


@pytest.mark.slow
@pytest.mark.parametrize("source", ["checkout", "installed"])
@pytest.mark.etcd(size=1, strict=False)
def test_the_installed_collection_plays_the_same_playbook_as_the_checkout(
    etcd_cluster: Cluster, installed: Path, tmp_path: Path, source: str
):
    cluster = etcd_cluster
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(installed)} if source == "installed" else {}
    host = cluster.spare()
    (registered,) = played(tmp_path, play(cluster, member_task("register", host)), environment=environment)
    assert registered.changed
    host.start(environment=registered.result["environment"])

    tasks = played(
        tmp_path,
        play(
            cluster,
            member_task("promote", host, state="promoted"),
            member_task("remove", host, state="absent"),
            member_task("remove again", host, state="absent"),
        ),
        environment=environment,
    )

    assert [(task.outcome, task.changed) for task in tasks] == [("ok", True), ("ok", True), ("ok", False)]
    assert listed(cluster) == voters("etcd1")
