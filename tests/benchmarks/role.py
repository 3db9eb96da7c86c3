# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role costs: deploy, the same again, restart, upgrade and renewal of certificates, beside the plainest
playbook that does the same and checks nothing.

The hosts are containers with systemd. Each run is timed from its first task to its end, in a process of its own.
split.py says what the columns are.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.ansible_playbook import ROOT, PlaybookRun, TaskEnded
from tests.testbed import archives, releases
from tests.testbed.docker import lab
from tests.testbed.session import current

from .figures import Target, tell_targets
from .plain import playbooks
from .split import Split, TaskTime, split

SIZES = (3, 5)
GROWTH = (3, 5, 7, 9)
CLUSTERS = 10
OLD, NEW = "3.4", "3.5"
PINGS = 10
VARIABLES = ROOT / "molecule" / "shared" / "role_vars" / "all.yml"
DEPLOY, AGAIN, RESTART, UPGRADE, ROTATE = "deploy", "deploy again", "restart", "upgrade", "rotate certificates"
SECONDS_FOR_THREE = {AGAIN: 4.0, RESTART: 7.5, UPGRADE: 18.0}
"""What was promised for three hosts; a restart is 2.5 s a member."""


def measure(rounds: int, growth: bool = False) -> list[Target]:
    """Prints the tables; returns the targets, which are those of three hosts."""
    targets: list[Target] = []
    for size in GROWTH if growth else SIZES:
        figures = Hosts(size).figures(rounds)
        _tell(size, figures)
        if size == min(SIZES):
            targets = [
                Target(f"{name}, {size} hosts", limit, figures[name][0].seconds, "s")
                for name, limit in SECONDS_FOR_THREE.items()
            ]
    if growth:
        _tell_clusters(rounds)
    tell_targets(targets)
    return targets


def _tell(size: int, figures: Mapping[str, tuple[Split, float | None]]) -> None:
    print(f"\n{f'{size} hosts, seconds':22}{'all':>7}{'etcd':>7}{'rule':>7}{'conn':>7}{'ours':>7}{'plain':>8}{'x':>7}")
    for name, (parts, plain) in figures.items():
        columns = (parts.seconds, parts.etcd, parts.rule, parts.connection, parts.ours)
        beside = f"{plain:8.1f}{parts.seconds / plain:7.1f}" if plain else ""
        print(f"{name:22}{''.join(f'{seconds:7.1f}' for seconds in columns)}{beside}", flush=True)


class Hosts:
    """A lab of so many hosts, and the runs on it."""

    def __init__(self, size: int) -> None:
        self.names = tuple(f"etcd{number}" for number in range(1, size + 1))
        self.directory = current().new_directory()
        self.old, self.new = (releases.find(minor).version for minor in (OLD, NEW))

    def figures(self, rounds: int) -> dict[str, tuple[Split, float | None]]:
        """By what was done: the split of the role's seconds, and what the plain playbook took."""
        packed = {name: archives.pack(self.directory, version) for name, version in self._releases.items()}
        with self._lab():
            plain = playbooks(self.directory, self.names, packed)
            ping = self._ping()
            found: dict[str, tuple[Split, float | None]] = {}

            def run(name: str, playbook: str, times: int, *arguments: str, beside: str = "") -> None:
                ours, theirs = [], []
                for _ in range(times):
                    ours.append(split(self._run(f"quorum.etcd.{playbook}", *arguments), ping))
                    theirs += [_seconds(self._run(str(plain[beside])))] if beside else []
                median = sorted(ours, key=lambda one: one.seconds)[len(ours) // 2]
                found[name] = (median, statistics.median(theirs) if theirs else None)

            run(DEPLOY, "deploy", 1, beside="deploy")
            run(AGAIN, "deploy", rounds, beside="deploy")
            run(RESTART, "restart", max(1, rounds // 2), beside="restart")
            run(
                UPGRADE,
                "upgrade",
                1,
                f"--extra-vars=etcd_cluster_upgrade_to={self.new}",
                f"--extra-vars=archived={self.new}",
                beside="upgrade",
            )
        with self._lab(etcd_cluster_tls=True, etcd_cluster_ca_dir=str(self.directory / "ca"), archived=self.new):
            self._run("quorum.etcd.deploy")
            run(ROTATE, "rotate_certificates", 1)
        return found

    def again(self, clusters: int, rounds: int) -> tuple[float, int]:
        """Seconds of a deploy with nothing to do on one cluster, in an inventory of so many; and its hosts."""
        archives.pack(self.directory, self.old)
        with self._lab():
            for number in range(1, clusters):
                self._strangers(number)
            self._run("quorum.etcd.deploy")
            return statistics.median(_seconds(self._run("quorum.etcd.deploy")) for _ in range(rounds)), clusters * len(
                self.names
            )

    @property
    def _releases(self) -> dict[str, str]:
        return {"deploy": self.old, "upgrade": self.new}

    @contextmanager
    def _lab(self, **variables: Any) -> Iterator[None]:
        scenario = lab.Scenario("benchmark_role", self.directory, self.names, cluster={}, kind="systemd", version=None)
        lab.create(scenario)
        try:
            archive = f"{self.directory}/etcd-{{{{ archived }}}}.tar.gz"
            shared = {
                **yaml.safe_load(VARIABLES.read_text()),
                "archived": self.old,
                "etcd_cluster_install_from": "archive",
                "etcd_cluster_program_dir": "/opt/etcd/bin",
                "etcd_cluster_archive": archive,
                "etcd_cluster_archive_checksum": f"{{{{ lookup('ansible.builtin.file', '{self.directory}/etcd-'"
                " ~ archived ~ '.tar.gz.checksum') }}",
                **variables,
            }
            self._inventory("group", {"etcd": {"hosts": dict.fromkeys(self.names), "vars": shared}})
            self._inventories = [scenario.inventory, self.directory / "group.yml"]
            yield
        finally:
            lab.destroy(scenario)

    def _inventory(self, name: str, children: Mapping[str, Any]) -> Path:
        file = self.directory / f"{name}.yml"
        file.write_text(yaml.safe_dump({"all": {"children": dict(children)}}))
        return file

    def _strangers(self, number: int) -> None:
        """Another cluster of the inventory, whose hosts take no part."""
        names = [f"other{number}-{name}" for name in self.names]
        hosts = {name: {"ansible_host": f"192.0.2.{place}"} for place, name in enumerate(names, 1)}
        self._inventories.append(self._inventory(f"other{number}", {f"other{number}": {"hosts": hosts}}))

    def _ping(self) -> float:
        """Seconds of one task that does nothing."""
        tasks = [{"name": f"Ping {number}", "ansible.builtin.ping": {}} for number in range(PINGS)]
        file = self.directory / "pings.yml"
        file.write_text(yaml.safe_dump([{"hosts": "etcd", "gather_facts": False, "tasks": tasks}], sort_keys=False))
        return statistics.median(task.seconds for task in self._run(str(file))[1:])

    def _run(self, *arguments: str) -> list[TaskTime]:
        inventories = [f"--inventory={path}" for path in self._inventories]
        return list(_task_times(PlaybookRun([*inventories, *arguments], self.directory)))


def _task_times(run: PlaybookRun) -> Iterator[TaskTime]:
    """The tasks of a run in their order. Raises RuntimeError if it failed.

    Of plays that name their strategy in full, the callback does not tell when a task starts: one ends when its last
    host does, and the next one starts then.
    """
    ended: list[TaskEnded] = []
    began = latest = None
    broken: TaskEnded | None = None
    for event in run:
        now = time.monotonic()
        began, latest = began or now, latest or now
        if not isinstance(event, TaskEnded):
            continue
        if ended and event.name != ended[0].name:
            yield TaskTime(ended[0].name, latest - began, tuple(ended))
            began, ended = latest, []
        ended.append(event)
        latest = now
        broken = event if event.outcome in ("failed", "unreachable") else broken
    if run.exit_code or began is None or not ended:
        raise RuntimeError(f"{broken.name}: {broken.result.get('msg')}" if broken else "ansible-playbook failed")
    yield TaskTime(ended[0].name, time.monotonic() - began, tuple(ended))


def _seconds(tasks: Sequence[TaskTime]) -> float:
    return sum(task.seconds for task in tasks)


def _tell_clusters(rounds: int) -> None:
    print("\ndeploy again, 3 hosts, seconds, by clusters in the inventory\n")
    for clusters in (1, CLUSTERS):
        seconds, hosts = Hosts(min(SIZES)).again(clusters, rounds)
        print(f"{clusters:3} clusters, {hosts:3} hosts{seconds:9.1f}", flush=True)
