# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the membership costs those who write: done by our module, and done by etcdctl as etcd's guide has
it.

Every change is made on a cluster of its own with etcd's default timings, while the test bed's writer puts 100 keys a
second to all its endpoints. Releases, changes and operators take turns, so that a busy moment of the machine meets all.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.testbed import Cluster
from tests.testbed.writer import Report, Writer

from .figures import Target, tell_targets
from .operators import OPERATORS, Nobody, Operator, OurModule

WRITES_PER_SECOND = 100
SECONDS_OF_CALM = 1.0
SECONDS_OF_NOTHING = 3.0
MEDIAN_GAP_SECONDS = 0.15
ELECTION_SECONDS = 1.0


@dataclass(frozen=True)
class Change:
    """A change of the membership: the cluster that it begins with, the number of hosts that join, what is done, and by
    whom.
    """

    name: str
    start: dict[str, Any]
    newcomers: int
    carry_out: Callable[[Cluster, Operator], None]
    operators: tuple[type[Operator], ...] = OPERATORS


@dataclass(frozen=True)
class Sample:
    """One change, once."""

    release: str
    change: str
    operator: str
    report: Report


def _change_nothing(_cluster: Cluster, _operator: Operator) -> None:
    time.sleep(SECONDS_OF_NOTHING)


def _grow(cluster: Cluster, operator: Operator) -> None:
    for host in cluster.members[1:]:
        operator.join(host)


def _remove_follower(cluster: Cluster, operator: Operator) -> None:
    operator.remove(cluster.followers[0])


def _remove_leader(cluster: Cluster, operator: Operator) -> None:
    operator.remove(cluster.leader)


def _replace_dead(cluster: Cluster, operator: Operator) -> None:
    operator.remove(next(member for member in cluster.members if member.condition == "dead"))
    operator.join(cluster.members[-1])


CHANGES = (
    # What the machine itself costs: no figure below is better than this one.
    Change("nothing", {"size": 3}, 0, _change_nothing, (Nobody,)),
    Change("grow 1 to 2 to 3", {"size": 1}, 2, _grow),
    Change("remove a follower", {"size": 3}, 0, _remove_follower),
    Change("remove the leader", {"size": 3}, 0, _remove_leader),
    Change("replace a dead member", {"size": 3, "dead": 1}, 1, _replace_dead),
)


def measure(rounds: int, releases: Sequence[str]) -> tuple[list[Sample], list[Target]]:
    """Prints each sample as it comes, and a table at the end."""
    samples = []
    total = rounds * len(releases) * sum(len(change.operators) for change in CHANGES)
    print(
        f"\nA writer puts {WRITES_PER_SECOND} keys a second while the membership changes: {total} changes, 2 to "
        "25 s each\n"
    )
    for sample in _samples(rounds, releases):
        samples.append(sample)
        print(
            f"{len(samples):3}/{total} etcd {sample.release:7} {sample.change:22} {sample.operator:12} "
            f"{_in_words(sample.report)}",
            flush=True,
        )
    _tell(samples)
    targets = _targets(samples)
    tell_targets(targets)
    return samples, targets


def _samples(rounds: int, releases: Sequence[str]) -> Iterator[Sample]:
    for _ in range(rounds):
        for release in releases:
            for change in CHANGES:
                for operator in change.operators:
                    yield Sample(release, change.name, operator.name, _once(release, change, operator))


def _once(release: str, change: Change, make_operator: Callable[[Cluster], Operator]) -> Report:
    with Cluster(version=release, timing="default", **change.start) as cluster:
        for _ in range(change.newcomers):
            cluster.spare()
        endpoints = [member.client_url for member in cluster.members]
        cluster.wait_settled()
        with make_operator(cluster) as operator, Writer(cluster, rate=WRITES_PER_SECOND, endpoints=endpoints) as writer:
            time.sleep(SECONDS_OF_CALM)
            change.carry_out(cluster, operator)
            time.sleep(SECONDS_OF_CALM)
            return writer.stop()


def _in_words(report: Report) -> str:
    return f"{report.failed:4} failed, {report.lost} lost, gap {report.longest_gap * 1000:5.0f} ms"


def of(samples: Sequence[Sample], release: str, change: str, operator: str) -> list[Report]:
    """The reports of one combination."""
    return [
        sample.report
        for sample in samples
        if (sample.release, sample.change, sample.operator) == (release, change, operator)
    ]


def _tell(samples: Sequence[Sample]) -> None:
    print(f"\n{'longest time without an acknowledged write, ms':50}{'median':>8}{'min':>7}{'max':>7}{'failed':>8}")
    for release in dict.fromkeys(sample.release for sample in samples):
        print(f"\netcd {release}")
        for change in CHANGES:
            for operator in change.operators:
                print(f"  {change.name:30}{operator.name:16}  {_row(of(samples, release, change.name, operator.name))}")


def _row(reports: Sequence[Report]) -> str:
    gaps = [report.longest_gap * 1000 for report in reports]
    failed = statistics.median(report.failed for report in reports)
    return f"{statistics.median(gaps):8.0f}{min(gaps):7.0f}{max(gaps):7.0f}{failed:8.0f}"


def _targets(samples: Sequence[Sample]) -> list[Target]:
    ours = [sample for sample in samples if sample.operator == OurModule.name]
    medians = [
        statistics.median(report.longest_gap for report in of(ours, release, change, OurModule.name))
        for release, change in dict.fromkeys((sample.release, sample.change) for sample in ours)
    ]
    return [
        Target(
            "acknowledged writes lost, whoever made the change",
            0,
            sum(sample.report.lost for sample in samples),
            "writes",
        ),
        Target("writes failed with quorum.etcd, all runs", 0, sum(sample.report.failed for sample in ours), "writes"),
        Target("longest gap with quorum.etcd, the worst median", MEDIAN_GAP_SECONDS, max(medians), "s"),
        Target(
            "longest gap with quorum.etcd, the worst run",
            ELECTION_SECONDS,
            max(sample.report.longest_gap for sample in ours),
            "s",
        ),
    ]
