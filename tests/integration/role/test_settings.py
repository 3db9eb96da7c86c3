# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same settings through three minor releases, on real servers: what is on before an upgrade is on after it."""

from __future__ import annotations

import os
import re
from unittest import mock

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.environment import environment_of
from ansible_collections.quorum.etcd.plugins.module_utils._membership.settings import problems

from tests.integration.modules.driver import MODULES, run_main
from tests.testbed import Cluster, releases
from tests.testbed.member import Member

WAY = ["3.5.34", "3.6.16", "3.7.3"]
# As someone wrote them for 3.5, and as someone did for 3.7. 3.7 reads no log of 3.5, so there has to be a snapshot.
WRITTEN = {
    "for 3.5": {
        "experimental-initial-corrupt-check": True,
        "experimental-compact-hash-check-enabled": True,
        "experimental-corrupt-check-time": "1h",
        "experimental-snapshot-catchup-entries": 77,
        "snapshot-count": 1,
    },
    "for 3.7": {
        "feature-gates": ["InitialCorruptCheck=true", "CompactHashCheck=true"],
        "corrupt-check-time": "1h",
        "snapshot-catchup-entries": 77,
        "snapshot-count": 1,
    },
}

pytestmark = pytest.mark.skipif(
    "CI" not in os.environ and not set(WAY) <= set(releases.available()),
    reason=f"needs etcd {', '.join(WAY)} (make releases)",
)


def switched_on(member: Member) -> set[str]:
    """The features that the server says to be on."""
    _status, metrics = member.gateway.get("/metrics", 5)
    return set(re.findall(r'^etcd_server_feature_enabled\{name="(\w+)".*\} 1$', metrics, re.MULTILINE))


@pytest.mark.parametrize("settings", WRITTEN.values(), ids=list(WRITTEN))
def test_checks_for_corruption_stay_on_from_3_5_to_3_7(settings):
    with Cluster(1, version=WAY[0]) as cluster:
        [member] = cluster.members
        for release in WAY:
            assert problems(settings, release) == ()
            member.stop()
            member.install(release)
            earlier = len(member.log.read_text())
            member.start(environment=environment_of(settings, release))
            for key in ("a", "b", "c"):
                cluster.put(key, release)

            said = member.log.read_text()[earlier:]
            assert member.status()["version"] == release
            assert "unrecognized environment variable" not in said
            assert "starting initial corruption check" in said
            assert "enabled corruption checking" in said
            assert '"snapshot-catchup-entries":77' in said
            if release != WAY[0]:
                assert switched_on(member) >= {"InitialCorruptCheck", "CompactHashCheck"}


def outdated(member: Member, release: str, settings: dict) -> list[str]:
    """What the role finds that a restart would change, where the program on the host is of this release."""

    def run(command: list[str]) -> tuple[int, str, str]:
        if command[0] == "systemctl":
            return 0, f"LoadState=loaded\nActiveState=active\nMainPID={member.pid}\n", ""
        return 0, f"etcd Version: {release}\n", ""

    host = {"name": "n1", "peer_urls": [member.peer_url], "data_dir": str(member.data_dir), "settings": settings}
    with mock.patch(f"{MODULES}.etcd_host_info.runner_of", return_value=run):
        return run_main("etcd_host_info", host)["host"]["outdated"]


def test_a_restart_is_due_where_the_program_of_the_host_reads_other_names():
    """Half-way through an upgrade each host is judged by its own program; those that are done need no restart."""
    with Cluster(1, version=WAY[-1], flags={"snapshot_catchup_entries": 77}) as cluster:
        [member] = cluster.members
        running = {"snapshot-catchup-entries": 77}
        others = {name for name in outdated(member, WAY[-1], {}) if "CATCHUP" not in name}
        assert set(outdated(member, WAY[-1], running)) == others
        assert set(outdated(member, WAY[1], {"experimental-snapshot-catchup-entries": 77})) == others
        assert set(outdated(member, WAY[0], running)) - others == {
            "ETCD_EXPERIMENTAL_SNAPSHOT_CATCHUP_ENTRIES",
            "ETCD_SNAPSHOT_CATCHUP_ENTRIES",
        }


def test_without_the_translation_a_check_would_be_off_in_silence():
    """etcd starts, and says so in one line of its log."""
    with Cluster(1, version=WAY[-1], flags={"experimental_initial_corrupt_check": True}) as cluster:
        [member] = cluster.members
        assert "unrecognized environment variable" in member.log.read_text()
        assert "InitialCorruptCheck" not in switched_on(member)
