# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clusters for tests: ``@pytest.mark.etcd(size=3, dead=1)`` and the fixture ``etcd_cluster``."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Generator, Iterator

import hypothesis
import pytest

from tests.testbed import Cluster, ReleaseMissing
from tests.testbed.backend import BackendAbsent, BackendUnavailable

LINES_OF_LOG = 60
MARKS = (
    "etcd(size=3, dead=0, ...): the cluster that the fixture etcd_cluster gives; arguments of tests.testbed.Cluster",
    "differs(DIFFERENCE, ...): what etcd answers depends on its release; rows of tests.integration.differences",
    "measures_time: fails where the machine stands still for a moment; runs beside few others, and may run twice",
    "slow: takes seconds, for etcd's health interval, a time-out or a program; `make quick` leaves it out",
)
_CLUSTER = pytest.StashKey[Cluster]()


def pytest_configure(config: pytest.Config) -> None:
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    # A property says nothing about time, and a busy machine nothing about a property.
    hypothesis.settings.register_profile(
        "untimed", hypothesis.settings(), deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("untimed")
    # A script that starts the tests in the background has them ignore it, and what they start inherits that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Most of what the tests on real clusters take is waiting."""
    return 3 * (os.cpu_count() or 1)


@pytest.fixture
def etcd_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A real cluster of its own for the test, in the state that the mark ``etcd`` asks for."""
    state: dict[str, object] = {}
    for mark in request.node.iter_markers("etcd"):
        state = {**mark.kwargs, **state}
    with Cluster(**state) as cluster:  # type: ignore[arg-type]
        request.node.stash[_CLUSTER] = cluster
        yield cluster


@contextlib.contextmanager
def _pieces_of_the_machine() -> Iterator[None]:
    """A release or an engine that this machine lacks is a failure on CI; elsewhere it leaves the test out, and the
    reason names it.
    """
    try:
        yield
    except (ReleaseMissing, BackendAbsent) as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
    except BackendUnavailable as broken:
        pytest.fail(str(broken), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    with _pieces_of_the_machine():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    with _pieces_of_the_machine():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    cluster = item.stash.get(_CLUSTER, None)
    if report.failed and report.when == "call" and cluster is not None:
        for name, tail in cluster.log_tails(LINES_OF_LOG).items():
            report.sections.append((f"log of {name}, etcd {cluster.version}", tail))
    return report
