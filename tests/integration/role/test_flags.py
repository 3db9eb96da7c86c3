# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of etcd's flags, against an etcd of every minor from 3.4 on: each name is tried with the program."""

from __future__ import annotations

import re
import subprocess

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership import flags
from ansible_collections.quorum.etcd.plugins.module_utils._membership.flags import FLAGS

from tests.integration.differences import one_of_each_minor
from tests.testbed import Cluster, releases

JUDGED = [release for release in one_of_each_minor("3.4") if flags.judged(release)]
NO_FLAG = "no-flag-of-any-etcd"
NO_VALUE = "?"
NOT_OF_A_MEMBER = {"help"}
"""What `etcd --help` mentions besides: how it is asked."""


def said_by(release: str, *arguments: str) -> str:
    """What an etcd says that never starts: it reads its flags in order, and ends with the first that is wrong."""
    done = subprocess.run(
        [str(releases.find(release).etcd), *arguments, f"--{NO_FLAG}=1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode != 0 or "--help" in arguments
    return done.stdout + done.stderr


def not_defined(name: str) -> str:
    return f"flag provided but not defined: -{name}\n"


@pytest.mark.parametrize("release", JUDGED)
def test_a_release_knows_the_flags_that_the_table_says_with_their_types(release):
    """A word is a value of no number, duration and truth value."""
    said = {name: said_by(release, f"--{name}={NO_VALUE}") for name in FLAGS}
    known = {name for name, words in said.items() if not_defined(name) not in words}
    assert known == set(flags.known_to(flags.judged(release)))
    typed = flags.BOOLEAN | flags.NUMBER | flags.SIGNED_NUMBER | flags.DURATION
    assert {name for name in typed & known - {"version"} if f"-{NO_FLAG}" in said[name]} == set()


@pytest.mark.parametrize("release", JUDGED)
def test_the_table_has_every_flag_that_a_release_mentions(release):
    """Some mention flags that they do not have: 3.7 `discovery`, and 3.6.0 a name with a typing error."""
    mentioned = set(re.findall(r"^\s+--([a-z0-9][a-z0-9-]+)", said_by(release, "--help"), re.MULTILINE))
    assert len(mentioned) > 50
    left_out = mentioned - NOT_OF_A_MEMBER - set(flags.known_to(flags.judged(release)))
    assert [name for name in left_out if not_defined(name) not in said_by(release, f"--{name}={NO_VALUE}")] == []


@pytest.mark.parametrize("release", JUDGED)
def test_a_release_knows_the_features_that_the_table_says(release):
    """There are features since 3.6."""
    if releases.numbers(release) < (3, 6):
        assert not_defined("feature-gates") in said_by(release, "--feature-gates=CompactHashCheck=false")
        return
    unknown = {
        name for name in flags.FEATURES if f"-{NO_FLAG}" not in said_by(release, f"--feature-gates={name}=false")
    }
    assert unknown == {
        name for name, feature in flags.FEATURES.items() if feature.since > releases.numbers(release)[:2]
    }


@pytest.mark.parametrize("release", JUDGED)
def test_a_release_has_the_defaults_that_the_table_says_to_have_changed(release):
    said = dict(re.findall(r"^\s+--([a-z0-9-]+) '([^']*)'", said_by(release, "--help"), re.MULTILINE))
    numbers = releases.numbers(release)[:2]
    wanted = {
        name: changes[max(first for first in changes if first <= numbers)]
        for name, changes in flags.CHANGED_DEFAULTS.items()
        if min(changes) <= numbers
    }
    assert {name: said[name] for name in wanted} == wanted


def test_no_other_default_changed():
    """As far as the help of each minor release names one."""
    newest = {release.rpartition(".")[0]: release for release in sorted(JUDGED, key=releases.numbers)}
    said: dict[str, set[str]] = {}
    for release in newest.values():
        for name, default in re.findall(r"^\s+--([a-z0-9-]+) '([^']*)'", said_by(release, "--help"), re.MULTILINE):
            said.setdefault(name, set()).add(default)
    assert {name for name, defaults in said.items() if len(defaults) > 1} <= set(flags.CHANGED_DEFAULTS)


@pytest.mark.parametrize("release", [release for release in JUDGED if releases.numbers(release) >= (3, 6)])
def test_a_feature_is_on_by_default_as_the_table_says(release):
    """The sum features stand in no metric."""
    with Cluster(1, version=release) as cluster:
        _status, metrics = cluster.members[0].gateway.get("/metrics", 5)
    said = dict(re.findall(r'^etcd_server_feature_enabled\{name="(\w+)".*\} ([01])$', metrics, re.MULTILINE))
    assert said.keys() <= flags.FEATURES.keys()
    assert {name for name, value in said.items() if value == "1"} == {
        name for name, feature in flags.FEATURES.items() if feature.is_on and name in said
    }
    assert len(said) > 6
