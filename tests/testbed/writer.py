# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A steady writer: what a cluster's users notice of a change of membership.

Open loop: each put has its scheduled time, and a cluster that stands still does not slow the schedule down, so waiting
counts. Unique keys, each put once; an attempt that fails goes on at another endpoint until its deadline. The revision
of each acknowledgement tells at the end, without a search, whether every acknowledged write is there, and in its order.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import waiting
from .gateway import Gateway, GatewayError
from .revisions import Observation, Violation, violations

if TYPE_CHECKING:
    from types import TracebackType

    from .cluster import Cluster
    from .remote import RemoteCluster

ATTEMPT_SECONDS = 0.5
DEADLINE_SECONDS = 5.0
READ_SECONDS = 10.0
PAUSE_AFTER_REFUSAL = 0.005
"""Dead endpoints refuse at once, and would cost a core."""
WORKERS = 24
GAP_WORTH_TELLING = 0.05

_runs = itertools.count(1)


@dataclass(frozen=True)
class Gap:
    """A time without any acknowledgement: when it began, in seconds since the start, and how long it was."""

    at: float
    seconds: float


@dataclass(frozen=True)
class Report:
    """What the writer saw. Times are seconds; latencies count from the scheduled time of each put."""

    acknowledged: int
    failed: int
    """Puts with no acknowledgement by their deadline; they may have happened all the same."""
    lost: int
    """Acknowledged writes that some voter does not have."""
    longest_gap: float
    gaps: tuple[Gap, ...]
    """All gaps longer than 0.05 s, in order of time."""
    p50: float
    p99: float
    duration: float
    rate: float
    refusals: dict[str, int]
    """How often an attempt failed, by what was said; the put itself may have gone through at another endpoint."""
    violations: tuple[Violation, ...]
    """Where an answer contradicts a linearizable store, the lost writes included."""
    failed_at: tuple[float, ...]
    """When the failed puts were due, in seconds since the start."""

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.failed} failed, {self.lost} lost, longest gap "
            f"{self.longest_gap * 1000:.0f} ms, "
            f"p50 {self.p50 * 1000:.1f} ms, p99 {self.p99 * 1000:.1f} ms, {len(self.violations)} violations"
        )


@dataclass
class _Seen:
    """What one worker saw."""

    answers: list[Observation] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    failed_at: list[float] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)


class Writer:
    """Puts ``rate`` keys a second, from ``with`` until :meth:`stop` or the end of ``with``.

    ``endpoints``: where it writes; by default the cluster's endpoints as they are now, since clients do not learn of
    new members by themselves.
    """

    def __init__(
        self,
        cluster: Cluster | RemoteCluster,
        rate: float = 100,
        workers: int = WORKERS,
        endpoints: Sequence[str] | None = None,
    ) -> None:
        self._cluster = cluster
        self._rate = rate
        self._endpoints = list(endpoints or cluster.endpoints)
        self._prefix = f"writer-{next(_runs)}/"
        self._due: queue.SimpleQueue[tuple[str, float] | None] = queue.SimpleQueue()
        self._seen = [_Seen() for _ in range(workers)]
        self._workers = [
            threading.Thread(target=self._work, args=(number,), name=f"writer {number}", daemon=True)
            for number in range(workers)
        ]
        self._clock = threading.Thread(target=self._keep_time, name="the writer's clock", daemon=True)
        self._connected = threading.Barrier(workers + 1)
        self._stopping = threading.Event()
        self._began = 0.0
        self._report: Report | None = None

    def __enter__(self) -> Writer:
        for worker in self._workers:
            worker.start()
        self._connected.wait()
        self._began = time.monotonic()
        self._clock.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._report is None:
            self._end()

    @property
    def acknowledged(self) -> int:
        """How many puts were acknowledged so far."""
        return sum(len(seen.answers) for seen in self._seen)

    def wait_acknowledged(self, count: int = 1, timeout: float = 10.0) -> None:
        """Waits for that many further acknowledgements."""
        goal = self.acknowledged + count
        waiting.until(
            f"{count} acknowledged writes",
            lambda: None if self.acknowledged >= goal else f"{self.acknowledged} of {goal}",
            timeout,
        )

    def stop(self) -> Report:
        """Ends the writing, reads everything back through every voter that runs, and reports; asked again, the same
        report.

        Raises ``NotInTime`` where such a voter does not become healthy: heal or kill it before.
        """
        if self._report is None:
            self._report = self._judge(self._end())
        return self._report

    def _end(self) -> float:
        self._stopping.set()
        self._clock.join()
        ended = time.monotonic()
        for _ in self._workers:
            self._due.put(None)
        for worker in self._workers:
            worker.join()
        return ended

    def _keep_time(self) -> None:
        for number in itertools.count():
            due = self._began + number / self._rate
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                return
            self._due.put((f"{self._prefix}{number}", due))

    def _work(self, number: int) -> None:
        seen = self._seen[number]
        gateways = [self._cluster.gateway_of(url, keeps_alive=True) for url in self._endpoints]
        preferred = number
        with suppress(OSError, GatewayError):
            # Connections and logins of its own are not what it is to measure.
            gateways[number % len(gateways)].range(self._prefix, serializable=True, timeout=ATTEMPT_SECONDS)
        self._connected.wait()
        while (task := self._due.get()) is not None:
            preferred = self._put(*task, gateways, preferred, seen)
        for gateway in gateways:
            gateway.close()

    def _put(self, key: str, due: float, gateways: Sequence[Gateway], preferred: int, seen: _Seen) -> int:
        """Tries until the deadline; returns at which endpoint to begin next time."""
        called = time.monotonic()
        for attempt in itertools.count(preferred):
            left = due + DEADLINE_SECONDS - time.monotonic()
            if left <= 0:
                seen.failed_at.append(due - self._began)
                return attempt
            try:
                revision = gateways[attempt % len(gateways)].put(key, "1", min(ATTEMPT_SECONDS, left))
            except (OSError, GatewayError) as problem:
                seen.refusals[problem.message if isinstance(problem, GatewayError) else type(problem).__name__] += 1
                time.sleep(PAUSE_AFTER_REFUSAL)
                continue
            answered = time.monotonic()
            seen.answers.append(
                Observation(key, revision, called, answered, revision, attempts=attempt - preferred + 1)
            )
            seen.latencies.append(answered - due)
            return attempt
        return preferred

    def _judge(self, ended: float) -> Report:
        answers = sorted((one for seen in self._seen for one in seen.answers), key=lambda one: one.answered)
        latencies = sorted(latency for seen in self._seen for latency in seen.latencies)
        failed_at = sorted(at for seen in self._seen for at in seen.failed_at)
        # A put that was due before the end may be acknowledged after it; then the end is its acknowledgement.
        times = [self._began, *(one.answered for one in answers)]
        times.append(max(ended, times[-1]))
        gaps = [Gap(earlier - self._began, later - earlier) for earlier, later in itertools.pairwise(times)]
        found = [violation for store in self._stores() for violation in violations(answers, store)]
        return Report(
            acknowledged=len(answers),
            failed=len(failed_at),
            lost=len({violation.key for violation in found if violation.rule == "lost"}),
            longest_gap=max(gap.seconds for gap in gaps),
            gaps=tuple(gap for gap in gaps if gap.seconds > GAP_WORTH_TELLING),
            p50=_quantile(latencies, 0.5),
            p99=_quantile(latencies, 0.99),
            duration=ended - self._began,
            rate=self._rate,
            refusals=dict(sum((seen.refusals for seen in self._seen), Counter[str]()).most_common()),
            violations=tuple(dict.fromkeys(found)),
            failed_at=tuple(failed_at),
        )

    def _stores(self) -> list[dict[str, int]]:
        """The writer's keys and their revisions, read linearizably through each voter that runs."""
        voters = {
            url for record in self._cluster.member_list() if not record["isLearner"] for url in record["peerURLs"]
        }
        stores = []
        for member in self._cluster.live:
            if member.peer_url in voters:
                waiting.until(f"{member.name} to be ready to be read", member.not_ready_because, READ_SECONDS)
                _, found = member.gateway.range(self._prefix, prefix=True, timeout=READ_SECONDS)
                stores.append({key: revision for key, (_, revision) in found.items()})
        return stores


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
