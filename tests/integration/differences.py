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

RELEASES = ("3.3.25", "3.4.23", "3.5.16", "3.5.34", "3.6.16", "3.7.3")
"""Those of the tests, oldest first: the newest of each minor, and 3.5.16, which Debian packages and which answers much
like 3.4. A row names others where their answer is another one.
"""
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
        """One release for each answer that differs: the newest of all where it gives it, else the newest listed one, of
        `RELEASES` before others.
        """
        listed = sorted(self.answers, key=lambda release: release in RELEASES)
        one_each = {self.answers[release]: release for release in listed}
        return {*one_each.values()} - {one_each.get(self.answer(newest))} | {newest}


GATEWAY = Difference(
    "below which path the JSON gateway serves version 3",
    {"3.3.25": "/v3beta", "3.4.23": "/v3", "3.7.3": "/v3"},
    "server/embed/serve.go (3.4.0)",
)
LEARNERS = Difference(
    "what becomes of a member that is added as a learner",
    {"3.3.25": "voter", "3.4.23": "learner", "3.7.3": "learner"},
    "CHANGELOG-3.4: learners came with 3.4.0; gRPC ignores a field that it does not know",
)
LIST_THROUGH_THE_QUORUM = Difference(
    "whether a member without a quorum tells its list to who asks for a linearizable one",
    {"3.4.23": "told", "3.5.16": "refused", "3.7.3": "refused"},
    "api/etcdserverpb/rpc.proto MemberListRequest.linearizable (3.5.0)",
)
HTTP_STATUS_OF_A_FAILED_PRECONDITION = Difference(
    "which HTTP status the gateway gives to the code 9",
    {"3.4.23": "412", "3.5.16": "400", "3.7.3": "400"},
    "grpc-gateway runtime/errors.go HTTPStatusFromCode, of the release that go.mod names",
)
ADDITION_BESIDE_A_DEAD_VOTER = Difference(
    "whether a member can be added while one of four voters is down",
    {
        "3.4.23": "refused",
        "3.5.16": "refused",
        "3.5.30": "accepted",
        "3.5.34": "accepted",
        "3.6.0": "refused",
        "3.6.16": "accepted",
        "3.7.3": "accepted",
    },
    "server/etcdserver/server.go mayAddMember; pull requests 21641, 21667, 21669 (3.5.30, 3.6.11)",
)
STORED_PROMOTION = Difference(
    "whether a voter that was promoted is a voter in the store that the next minor release reads",
    {
        "3.4.23": "voter",
        "3.5.1": "learner",
        "3.5.16": "learner",
        "3.5.30": "voter",
        "3.5.34": "voter",
        "3.6.16": "voter",
        "3.7.3": "voter",
    },
    "issue 19557 (3.5.20)",
)
UPDATE_OF_A_LEARNER = Difference(
    "what the record of a learner says after an update of its address",
    {
        "3.4.23": "voter",
        "3.5.16": "voter",
        "3.5.30": "voter",
        "3.5.34": "learner",
        "3.6.0": "voter",
        "3.6.16": "learner",
        "3.7.0": "learner",
        "3.7.3": "learner",
    },
    "server/etcdserver/api/membership/cluster.go UpdateRaftAttributes; issue 21694 (3.5.31, 3.6.12)",
)
CODE_OF_A_CALL_THAT_A_LEARNER_REFUSES = Difference(
    "which gRPC code a learner gives with `rpc not supported for learner`",
    {"3.4.23": "14", "3.5.16": "14", "3.5.34": "14", "3.6.16": "9", "3.7.3": "9"},
    "api/v3rpc/rpctypes/error.go ErrGRPCNotSupportedForLearner (3.6.0)",
)
READINESS_OF_A_LEARNER = Difference(
    "what /readyz says of a learner",
    {"3.4.23": "missing", "3.5.16": "ready", "3.5.34": "not ready", "3.6.16": "not ready", "3.7.3": "not ready"},
    "server/etcdserver/api/etcdhttp/health.go learnerCheck",
)
JOINER_OF_3_5 = Difference(
    "what becomes of etcd 3.5.34 that joins as a learner",
    {"3.4.23": "lives", "3.5.34": "lives", "3.6.16": "ends", "3.7.3": "ends"},
    "server/etcdserver/cluster_util.go isCompatibleWithVers: the joiner judges, after it was added",
)
JOINER_OF_3_7 = Difference(
    "what becomes of etcd 3.7.3 that joins as a learner",
    {"3.5.34": "ends", "3.6.16": "lives", "3.7.3": "lives"},
    "server/etcdserver/apply/apply.go MustUnmarshalMessage: 3.7 reads no requests of 3.5 (pull request 21263)",
)
JOINER_BY_SNAPSHOT = Difference(
    "whether a learner that joins after 150 writes, where 10 entries are kept for it, gets a snapshot and so does not "
    "know the tokens that were given before",
    {"3.5.34": "knows", "3.6.16": "does not know", "3.7.3": "does not know"},
    "server/etcdserver/server.go compactRaftLog, every 100 entries (3.6.0; before, with a snapshot of 10,000 entries)",
)
PROMOTION_AT_A_FOLLOWER_WITH_AUTHENTICATION = Difference(
    "what a follower answers to a promotion while authentication is on",
    {
        "3.4.23": "refused",
        "3.5.16": "refused",
        "3.5.30": "promoted",
        "3.5.34": "promoted",
        "3.6.0": "refused",
        "3.6.16": "promoted",
        "3.7.3": "promoted",
    },
    "server/etcdserver/server.go PromoteMember (3.5.28, 3.6.6)",
)
STATUS_WITH_AUTHENTICATION = Difference(
    "to whom a member tells its status while authentication is on",
    {
        "3.4.23": "anyone",
        "3.5.16": "anyone",
        "3.5.30": "root",
        "3.5.34": "any user",
        "3.6.0": "root",
        "3.6.16": "any user",
        "3.7.3": "any user",
    },
    "server/etcdserver/api/v3rpc/maintenance.go authMaintenanceServer.Status: isPermitted (3.5.28, 3.6.0), "
    "later requireAuthInfo (3.6.9)",
)
LIST_WITH_AUTHENTICATION = Difference(
    "to whom a member tells its list of members while authentication is on",
    {
        "3.4.23": "anyone",
        "3.5.16": "anyone",
        "3.5.30": "any user",
        "3.5.34": "any user",
        "3.6.0": "anyone",
        "3.6.16": "any user",
        "3.7.3": "any user",
    },
    "server/etcdserver/server.go MemberList, requireAuthInfo",
)
HASH_OVER_THE_GATEWAY = Difference(
    "whether the JSON gateway offers the hash of the keys",
    {"3.4.23": "missing", "3.5.1": "missing", "3.5.16": "offered", "3.7.3": "offered"},
    "api/etcdserverpb/rpc.proto HashKV (3.5.2)",
)
HASH_NAMES_ITS_REVISION = Difference(
    "whether the hash of the keys comes with the revision up to which it was made",
    {"3.5.34": "no", "3.6.16": "yes", "3.7.3": "yes"},
    "api/etcdserverpb/rpc.proto HashKVResponse.hash_revision (3.6.0)",
)
STATUS_TELLS_THE_STORAGE_VERSION = Difference(
    "whether a status tells the version of the storage",
    {"3.5.34": "no", "3.6.16": "yes", "3.7.3": "yes"},
    "api/etcdserverpb/rpc.proto StatusResponse.storageVersion (3.6.0)",
)
STATUS_TELLS_THE_QUOTA = Difference(
    "whether a status tells the quota of a member that was started without one",
    {"3.5.34": "no", "3.6.0": "no", "3.6.16": "yes", "3.7.3": "yes"},
    "server/etcdserver/api/v3rpc/maintenance.go Status: 3.6.0 and 3.6.3 tell what was set, 3.6.11 the default of etcd",
)
REMOVED_VARIABLES = Difference(
    "whether ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK is read, or passed over without a word",
    {"3.4.23": "read", "3.5.34": "read", "3.6.16": "read", "3.7.3": "passed over"},
    "pkg/flags/flag.go SetFlagsFromEnv and verifyEnv; server/embed/config.go (3.7.0)",
)
ALL = (
    GATEWAY,
    LEARNERS,
    LIST_THROUGH_THE_QUORUM,
    HTTP_STATUS_OF_A_FAILED_PRECONDITION,
    ADDITION_BESIDE_A_DEAD_VOTER,
    STORED_PROMOTION,
    UPDATE_OF_A_LEARNER,
    CODE_OF_A_CALL_THAT_A_LEARNER_REFUSES,
    READINESS_OF_A_LEARNER,
    JOINER_OF_3_5,
    JOINER_OF_3_7,
    JOINER_BY_SNAPSHOT,
    PROMOTION_AT_A_FOLLOWER_WITH_AUTHENTICATION,
    STATUS_WITH_AUTHENTICATION,
    LIST_WITH_AUTHENTICATION,
    HASH_OVER_THE_GATEWAY,
    HASH_NAMES_ITS_REVISION,
    STATUS_TELLS_THE_STORAGE_VERSION,
    STATUS_TELLS_THE_QUOTA,
    REMOVED_VARIABLES,
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


@functools.cache
def one_of_each_minor(since: str = "3.3") -> tuple[str, ...]:
    """The newest release of every minor, for what is asked of all: of those on this machine, and of the tests' own
    minors also what it lacks, which leaves tests out. The chosen release alone, if one is.
    """
    if chosen := os.environ.get(CHOICE):
        return (chosen,) if releases.numbers(chosen) >= releases.numbers(since) else ()
    newest = {releases.numbers(release)[:2]: release for release in RELEASES}
    newest.update({release.numbers[:2]: version for version, release in releases.available().items()})
    return tuple(newest[minor] for minor in sorted(newest) if minor >= releases.numbers(since))


def oldest_and_newest(since: str = "3.3") -> tuple[str, ...]:
    """The ends of `one_of_each_minor`, for what no answer of etcd differs in, and what it is built with may."""
    each = one_of_each_minor(since)
    return tuple(dict.fromkeys((*each[:1], *each[-1:])))


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
