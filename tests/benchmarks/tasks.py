# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task that has nothing to do costs: ours against `ping`, and against running etcdctl once and three times.

All kinds run in one ``ansible-playbook`` process, one after the other in an order that changes from round to round;
each is timed from its start to its end as the controller sees it. The first round fills Ansible's caches and is left
out.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.ansible_playbook import run
from tests.testbed import Cluster, releases
from tests.testbed.session import current

from .figures import Target, milliseconds, tell_targets

PING = "ping"
ETCDCTL = "command: etcdctl member list"
THREE_CALLS = "shell: etcdctl, 3 calls"
"""What a careful playbook asks before it decides that there is nothing to do: health, status, and the list."""
PIPELINING = {"default": "0", "pipelining": "1"}


def measure(rounds: int) -> list[Target]:
    """Prints a table for each way that Ansible sends modules to a host; returns the targets of the default one."""
    release = releases.find()
    with Cluster(size=3, version=release.version) as cluster:
        kinds = _kinds(cluster, release)
        targets: list[Target] = []
        for name, pipelining in PIPELINING.items():
            seconds = _seconds(kinds, rounds, pipelining)
            _tell(name, release.version, seconds)
            if pipelining == "0":
                targets = _targets(seconds)
    tell_targets(targets)
    return targets


def _kinds(cluster: Cluster, release: releases.Release) -> dict[str, dict[str, Any]]:
    """Tasks by what the table calls them."""
    member = cluster.members[0]
    etcdctl = f"{release.etcdctl} --endpoints={','.join(cluster.endpoints)}"
    calls = " && ".join(f"{etcdctl} {call}" for call in ("endpoint health", "endpoint status", "member list"))
    known = {"name": member.name, "peer_urls": [member.peer_url]}
    kinds: dict[str, dict[str, Any]] = {
        PING: {"ansible.builtin.ping": {}},
        ETCDCTL: {
            "ansible.builtin.command": {
                "argv": [str(release.etcdctl), f"--endpoints={','.join(cluster.endpoints)}", "member", "list"]
            },
            "environment": {"ETCDCTL_API": "3"},
        },
        THREE_CALLS: {"ansible.builtin.shell": {"cmd": calls}, "environment": {"ETCDCTL_API": "3"}},
    }
    for transport in ("gateway", "grpc"):
        reached = {**cluster.connection, "transport": transport}
        kinds[f"etcd_member, {transport}"] = {"quorum.etcd.etcd_member": {**reached, **known}}
        kinds[f"etcd_cluster_info, {transport}"] = {"quorum.etcd.etcd_cluster_info": reached}
    return kinds


def _seconds(kinds: Mapping[str, Mapping[str, Any]], rounds: int, pipelining: str) -> dict[str, list[float]]:
    """How long each task of each kind took."""
    directory = current().new_directory()
    ended = run(
        ["-i", "localhost,", "-c", "local", str(_playbook(kinds, rounds, directory))],
        directory,
        {"ANSIBLE_PIPELINING": pipelining},
    )
    broken = next((task for task in ended if task.outcome != "ok"), None)
    if broken is not None:
        raise RuntimeError(f"{broken.name} failed: {broken.result.get('msg')}")
    return {kind: [task.seconds for task in ended if task.name == kind][1:] for kind in kinds}


def _playbook(kinds: Mapping[str, Mapping[str, Any]], rounds: int, directory: Path) -> Path:
    order = random.Random(rounds)
    tasks = [
        {"name": kind, **kinds[kind], "changed_when": False}
        for _ in range(rounds + 1)
        for kind in order.sample(sorted(kinds), len(kinds))
    ]
    playbook = directory / "tasks.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}], sort_keys=False))
    return playbook


def _tell(name: str, version: str, seconds: Mapping[str, list[float]]) -> None:
    print(f"\nA task with nothing to do: {name}, 3 members of etcd {version}, {len(seconds[PING])} of each, ms\n")
    print(f"{'':34}{'median':>7}{'min':>7}{'max':>7}{'× ping':>9}{'× etcdctl':>11}")
    ping, etcdctl = (statistics.median(seconds[kind]) for kind in (PING, ETCDCTL))
    for kind, times in seconds.items():
        median = statistics.median(times)
        print(f"{kind:34}{milliseconds(times)}{median / ping:9.2f}{median / etcdctl:11.2f}")


def _targets(seconds: Mapping[str, list[float]]) -> list[Target]:
    calls = statistics.median(seconds[THREE_CALLS])
    return [
        Target(f"{kind} with nothing to do", 1.0, statistics.median(times) / calls, "× three calls of etcdctl")
        for kind, times in seconds.items()
        if "gateway" in kind
    ]
