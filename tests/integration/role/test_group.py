# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan is made for the whole group, once: whatever an inventory, a play or an ansible.cfg says.

The hosts are three names of this machine, on which nothing was installed. All runs are in check mode.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.ansible_playbook import TaskEnded, run

NAMES = ("n1", "n2", "n3")


def inventory(folder: Path, group: str = "etcd", **variables) -> str:
    """Three hosts of this group on this machine; `variables` are the group's, in a file beside the inventory."""
    hosts = {
        name: {
            "ansible_connection": "local",
            "ansible_become": False,
            "etcd_cluster_address": f"127.8.0.{number}",
            "etcd_cluster_config_dir": str(folder / name / "etc"),
            # Below /tmp the role keeps no data.
            "etcd_cluster_data_dir": f"/var/lib/etcd-of-nobody/{name}/data",
        }
        for number, name in enumerate(NAMES, start=1)
    }
    shared = {"etcd_cluster_tls": False, "etcd_cluster_allow_plaintext": True, "etcd_cluster_request_timeout": 1}
    (folder / "hosts.yml").write_text(yaml.safe_dump({group: {"hosts": hosts}}))
    (folder / "group_vars").mkdir()
    (folder / "group_vars" / f"{group}.yml").write_text(
        yaml.safe_dump({**shared, "etcd_cluster_service": "etcd-of-nobody", **variables})
    )
    return f"--inventory={folder / 'hosts.yml'}"


def own_play(folder: Path, **keywords) -> str:
    """A play of the user with the role, instead of the playbook."""
    play = {"hosts": "etcd", "gather_facts": False, "roles": ["quorum.etcd.etcd_cluster"], **keywords}
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    return str(folder / "play.yml")


def failures(ended: list[TaskEnded]) -> list[str]:
    return [task.result["msg"] for task in ended if task.outcome == "failed"]


def plans(ended: list[TaskEnded]) -> list[TaskEnded]:
    return [task for task in ended if task.name.endswith("Plan the etcd cluster of the group") and task.outcome == "ok"]


STRANGE = {
    "ANSIBLE_STRATEGY": "host_pinned",
    "ANSIBLE_HASH_BEHAVIOUR": "merge",
    "ANSIBLE_JINJA2_NATIVE": "true",
    "ANSIBLE_INJECT_FACT_VARS": "false",
    "ANSIBLE_FORKS": "1",
}


def test_the_playbook_makes_one_plan_whatever_ansible_cfg_says(tmp_path):
    ended = run(["quorum.etcd.deploy", inventory(tmp_path), "--check"], tmp_path, STRANGE)
    assert failures(ended) == []
    (plan,) = plans(ended)
    assert [move["action"] for move in plan.result["plan"]] == ["bootstrap"] * 3


def test_a_play_in_which_every_host_would_make_the_whole_plan_is_refused(tmp_path):
    ended = run([own_play(tmp_path, strategy="free"), inventory(tmp_path), "--check"], tmp_path)
    assert plans(ended) == []
    assert failures(ended)
    assert all("The play runs with strategy free" in message for message in failures(ended))


@pytest.mark.parametrize(("keywords", "absent"), [({"serial": 1}, "n2, n3"), ({"hosts": "n1:n2"}, "n3")])
def test_a_part_of_the_group_gets_no_plan(tmp_path, keywords, absent):
    """With a plan for n1 alone, n1 would be a cluster of its own, and n2 and n3 members too many."""
    variables = {"etcd_cluster_remove_unlisted": True}
    ended = run([own_play(tmp_path, **keywords), inventory(tmp_path, **variables), "--check"], tmp_path)
    assert plans(ended) == []
    assert f"{absent} of the group etcd cannot be reached, or takes no part in this run" in failures(ended)[0]
    assert "without --limit and without serial" in failures(ended)[0]


@pytest.mark.parametrize("playbook", ["deploy", "status"])
def test_a_group_that_only_its_hosts_know_is_no_success_that_did_nothing(tmp_path, playbook):
    ended = run([f"quorum.etcd.{playbook}", inventory(tmp_path, "store", etcd_cluster_group="store")], tmp_path)
    (message,) = failures(ended)
    assert "no hosts in the group etcd, so nothing was done" in message
    assert "-e etcd_cluster_group=store" in message


def test_a_group_that_the_run_names_is_found(tmp_path):
    arguments = ["quorum.etcd.plan", inventory(tmp_path, "store"), "--extra-vars=etcd_cluster_group=store"]
    ended = run(arguments, tmp_path)
    assert failures(ended) == []
    assert len(plans(ended)) == 1


def test_an_inventory_without_the_group_is_told(tmp_path):
    (message,) = failures(run(["quorum.etcd.deploy", inventory(tmp_path, "store")], tmp_path))
    assert "Put the hosts of the cluster into it, or name their group: -e etcd_cluster_group=NAME" in message
