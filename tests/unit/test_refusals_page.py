# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/refusals.md says what the code does: its table, what can be accepted, and the examples word for word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership import refusal as codes
from ansible_collections.quorum.etcd.plugins.module_utils._membership.alarms import Allowed, plan_disarming
from ansible_collections.quorum.etcd.plugins.module_utils._membership.authentication import (
    Authentication,
    plan_authentication,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.defragmentation import plan_defragmentation
from ansible_collections.quorum.etcd.plugins.module_utils._membership.downgrade import enabled
from ansible_collections.quorum.etcd.plugins.module_utils._membership.downgrade_plan import downgrade
from ansible_collections.quorum.etcd.plugins.module_utils._membership.hosts import RaftFiles
from ansible_collections.quorum.etcd.plugins.module_utils._membership.identity import Identity
from ansible_collections.quorum.etcd.plugins.module_utils._membership.plan import LEADER, Goal
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import (
    CODES,
    ELECTION,
    FINAL,
    WAIT,
    Refusal,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.upgrade import upgrade

from tests.unit.plugins.module_utils._membership.clusters import (
    absent,
    alarmed,
    cluster,
    dead_learner,
    downgrading,
    healthy,
    learner,
    present,
    promoted,
    refusal,
    unreached,
    unstarted,
    unstarted_learner,
    url,
    voters,
)
from tests.unit.plugins.module_utils._membership.test_maintenance import ALWAYS, CORRUPT, MIB, hashes, refused, sized
from tests.unit.plugins.module_utils._membership.test_upgrade import host, with_storage

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "refusals.md").read_text()
WAITS = {FINAL: "no", ELECTION: "5 s", WAIT: "`wait_timeout`"}

SIX = cluster(*voters(3), version="3.6.16")
EXAMPLES = {
    codes.NOT_A_VOTER: (cluster(*voters(3), learner("m4")), Goal(LEADER, Identity("m4"))),
    codes.WOULD_LOSE_QUORUM: (cluster(*voters(3, dead_ones=1)), present("m4", [url(4)])),
    codes.NO_QUORUM: (cluster(*voters(3, dead_ones=2)), present("m4", [url(4)])),
    codes.LAST_MEMBER: (cluster(healthy("m1")), absent("m1")),
    codes.BELOW_MIN_FAULT_TOLERANCE: (cluster(*voters(3)), absent("m3", min_fault_tolerance=1)),
    codes.REMOVE_UNHEALTHY_FIRST: (cluster(*voters(5, dead_ones=1), version="3.4.23"), present("m6", [url(6)])),
    codes.MEMBER_UNSTARTED: (cluster(*voters(3), unstarted(4)), present("m5", [url(5)])),
    codes.ANOTHER_LEARNER: (cluster(*voters(3), learner("m4")), present("m5", [url(5)])),
    codes.LEARNER_NOT_STARTED: (cluster(*voters(3), unstarted_learner(4)), promoted("m4", [url(4)])),
    codes.LEARNER_NOT_LIVE: (cluster(*voters(3), dead_learner("m4")), promoted("m4")),
    codes.LEARNER_NOT_READY: (cluster(*voters(3), learner("m4", lag=380_000)), promoted("m4")),
    codes.AMBIGUOUS_IDENTITY: (cluster(*voters(3)), absent("m1", [url(2)])),
    codes.PEER_URL_IN_USE: (cluster(*voters(3)), present(peer_urls=[url(3), "http://10.0.0.9:2380"])),
    codes.PEER_URL_UNREACHABLE: (
        cluster(*voters(3), probes=unreached("http://10.0.0.33:2380")),
        present("m3", ["http://10.0.0.33:2380"]),
    ),
    codes.MASKED_RESULT: (cluster(*voters(3)), present("m4", [url(4)], password="m4")),
    codes.MEMBER_NOT_FOUND: (cluster(*voters(3)), promoted("m4")),
    codes.CLUSTER_ID_MISMATCH: (cluster(*voters(3), foreign_cluster_ids=(0xC2,)), absent("m3")),
    codes.VERSION_UNSUPPORTED: (cluster(*voters(3), version="3.3.25"), present("m4", [url(4)])),
    codes.VERSION_BUG: (cluster(*voters(3), learner("m4"), version="3.5.30"), present("m4", ["http://10.0.0.44:2380"])),
    codes.DOWNGRADE_IN_PROGRESS: (downgrading(cluster(*voters(3))), present("m4", [url(4)])),
    codes.RAFT_FILES_UNREAD: (SIX, present("m4", [url(4)], release="3.7.3")),
    codes.V2_REQUESTS_IN_LOG: (SIX, present("m4", [url(4)], release="3.7.3", is_log_clean=False)),
}

# Who runs what, what is on whose disk, and the release that all are to run.
UPGRADES = {
    codes.VERSION_UNSUPPORTED: (cluster(*voters(3), version="3.4.23"), {}, "3.6.14"),
    codes.VERSION_BUG: (cluster(*voters(3), version="3.4.23"), {}, "3.5.4"),
    codes.V2_KEYS: (cluster(*voters(3), version="3.5.34"), {"m2": RaftFiles(v2_keys=("/foo",))}, "3.6.16"),
    codes.V2_REQUESTS_IN_LOG: (
        with_storage(SIX, (3, 6, 16)),
        dict.fromkeys(("m1", "m2", "m3"), RaftFiles(last_v2_request_index=8, last_index=13)),
        "3.7.3",
    ),
}

DOWNGRADES = {
    codes.VERSION_UNSUPPORTED: (cluster(*voters(3), version="3.7.3"), "3.5.34"),
    codes.ANOTHER_LEARNER: (cluster(*voters(3), learner("m4"), version="3.7.3"), "3.6.16"),
    codes.CLUSTER_UNSETTLED: (cluster(*voters(3, dead_ones=1), version="3.7.3"), "3.6.16"),
    codes.DOWNGRADE_IN_PROGRESS: (enabled(cluster(*voters(3), version="3.7.3"), (3, 6)), "3.7.2"),
}

AUTHENTICATIONS = {
    codes.WOULD_LOCK_OUT_CLIENTS: Authentication(False, ("app",), revision=57),
    codes.ROOT_PASSWORD_UNKNOWN: Authentication(False, ("root",)),
}

MAINTENANCE = [
    refused(plan_defragmentation(sized(cluster(*voters(3, dead_ones=1))), (), ALWAYS)),
    refused(plan_defragmentation(sized(cluster(healthy("m1")), used=52_428_800, size=100 * MIB), (), ALWAYS)),
    refused(plan_disarming(sized(cluster(alarmed("m1")), size=16 * MIB, used=16_000_000, quota=16 * MIB), Allowed())),
    refused(plan_disarming(sized(cluster(alarmed("m1")), quota=0), Allowed())),
    refused(plan_disarming(CORRUPT, Allowed(), hashes(77, 77, 77))),
    refused(plan_disarming(CORRUPT, Allowed(), hashes(77, 77, 78))),
    refused(plan_disarming(CORRUPT, Allowed(), hashes(77, 77))),
]


def sections() -> dict[str, str]:
    """The text below each heading that is a code, in one line."""
    found = re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return {code: " ".join(text.split()) for code, text in found}


def rows() -> dict[str, tuple[str, str]]:
    """What the table says of each code: whether it can be accepted, and how long it is waited out."""
    cells = [line.strip("| \n").split(" | ") for line in PAGE.splitlines() if re.match(r"\| `\w+` \|", line)]
    return {code.strip("`"): (accept, waits) for code, _in_short, accept, waits in cells}


def test_the_table_has_every_code_with_what_may_be_accepted_and_what_is_waited_for():
    assert rows() == {code: ("yes" if rule.acceptable else "no", WAITS[rule.patience]) for code, rule in CODES.items()}


@pytest.mark.parametrize("code", CODES)
def test_a_section_says_what_accept_does_as_the_code_has_it(code):
    answer = re.search(r"\*\*Accept:\*\* (yes|no)\b", sections()[code])
    assert answer, f"the section on {code} does not say whether it can be accepted"
    assert answer[1] == ("yes" if CODES[code].acceptable else "no")


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_is_what_the_module_says_word_for_word(code):
    observed, goal = EXAMPLES[code]
    found = refusal(observed, goal)
    assert found.code == code
    assert f"> {found.message}" in sections()[code]


@pytest.mark.parametrize("code", UPGRADES)
def test_an_example_of_an_upgrade_is_what_the_module_says_word_for_word(code):
    observed, files, release = UPGRADES[code]
    hosts = [host(member.name, raft_files=files.get(member.name)) for member in observed.members]
    found = upgrade(observed, hosts, release)
    assert isinstance(found, Refusal)
    assert found.code == code
    assert f"> {found.message}" in sections()[code]


@pytest.mark.parametrize("code", DOWNGRADES)
def test_an_example_of_a_downgrade_is_what_the_module_says_word_for_word(code):
    observed, release = DOWNGRADES[code]
    found = downgrade(observed, [], release)
    assert isinstance(found, Refusal)
    assert found.code == code
    assert f"> {found.message}" in sections()[code]


@pytest.mark.parametrize("code", AUTHENTICATIONS)
def test_an_example_of_authentication_is_what_the_module_says_word_for_word(code):
    found = plan_authentication(AUTHENTICATIONS[code], ())
    assert isinstance(found, Refusal)
    assert found.code == code
    assert f"> {found.message}" in sections()[code]


@pytest.mark.parametrize("found", MAINTENANCE, ids=lambda found: found.code)
def test_an_example_of_maintenance_is_what_the_module_says_word_for_word(found):
    assert f"> {found.message}" in sections()[found.code]


@pytest.mark.parametrize("code", [code for code in EXAMPLES if refusal(*EXAMPLES[code]).after])
def test_the_arithmetic_of_an_example_is_the_modules(code):
    found = refusal(*EXAMPLES[code])
    for when, quorum in (("before", found.before), ("after", found.after)):
        if quorum is not None and quorum.voters:
            noun = "voter" if quorum.voters == 1 else "voters"
            assert f"{when} {quorum.voters} {noun}, quorum {quorum.size}, {quorum.healthy} healthy" in sections()[code]


@pytest.mark.parametrize("code", sections())
def test_every_section_says_what_to_do(code):
    assert "**What to do.**" in sections()[code]
