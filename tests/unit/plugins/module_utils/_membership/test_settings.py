# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of etcd and of its unit: what is refused, for which release, and what is said to do instead."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.quorum.etcd.plugins.module_utils._membership import flags
from ansible_collections.quorum.etcd.plugins.module_utils._membership.environment import environment_of, settings_for
from ansible_collections.quorum.etcd.plugins.module_utils._membership.flags import FLAGS, known_to
from ansible_collections.quorum.etcd.plugins.module_utils._membership.settings import (
    DECISIVE,
    DECISIVE_IN_UNIT,
    deprecations,
    problems,
    timing_problem,
    unit_problems,
)
from hypothesis import given
from hypothesis import strategies as st

ROLE = Path(__file__).resolve().parents[5] / "roles" / "etcd_cluster"
INTERNAL = yaml.safe_load((ROLE / "vars" / "main" / "etcd.yml").read_text())
UNIT = (ROLE / "templates" / "etcd.service.j2").read_text()
RELEASES = ("3.4.23", "3.5.34", "3.6.16", "3.7.3")

# A setting, the release ("" if it is not known yet), and what is said; nothing if it is accepted.
TABLE = [
    ({}, "", ""),
    ({"quota-backend-bytes": 8589934592}, "", ""),
    ({"quota_backend_bytes": "8589934592"}, "3.5.30", ""),
    ({"--log-level": "debug"}, "3.5.30", ""),
    ({"quota-backend-bytes": -1}, "", ""),
    ({"log-level": None}, "3.5.30", ""),
    ({"listen-metrics-urls": ["http://10.0.0.1:2381", "http://127.0.0.1:2381"]}, "", ""),
    ({"unsafe-no-fsync": True}, "3.4.23", ""),
    # names
    ({"quota-backend-byte": 1}, "", "not a flag of etcd 3.4 to 3.7. Did you mean quota-backend-bytes?"),
    ({"quota-backend-byte": 1}, "3.5.30", "not a flag of etcd 3.5.30. Did you mean quota-backend-bytes?"),
    ({"nonsense": 1}, "", "not a flag of etcd 3.4 to 3.7. etcd --help lists the flags."),
    ({"data-dirr": "/x"}, "", "Did you mean data-dir? Use etcd_cluster_data_dir instead."),
    ({"ETCD_QUOTA_BACKEND_BYTES": 1}, "", "without ETCD_: quota-backend-bytes."),
    ({"ETCD_DATA_DIR": "/x"}, "", "without ETCD_: data-dir. Use etcd_cluster_data_dir instead."),
    ({"snapshot-count": 1, "snapshot_count": 2}, "", "twice, once as snapshot-count and once as snapshot_count"),
    # what decides who the member is
    ({"data-dir": "/x"}, "", "sets data-dir, which would override the role. Use etcd_cluster_data_dir instead."),
    ({"DATA_DIR": "/x"}, "", "Use etcd_cluster_data_dir instead."),
    ({"data-dir": None}, "", "Use etcd_cluster_data_dir instead."),
    ({"initial-cluster-state": "new"}, "", "The role bootstraps the cluster"),
    ({"discovery-srv": "example.org"}, "", "The role bootstraps the cluster"),
    ({"force-new-cluster": True}, "3.5.30", "become a cluster of its own"),
    # releases: what has another name there is translated, see below
    ({"experimental-corrupt-check-time": "1h"}, "", ""),
    ({"experimental-corrupt-check-time": "1h"}, "3.6.16", ""),
    ({"experimental-corrupt-check-time": "1h"}, "3.7.3", ""),
    ({"corrupt-check-time": "1h"}, "3.5.34", ""),
    ({"experimental-initial-corrupt-check": True}, "3.7.0", ""),
    ({"experimental-initial-corrupt-check": True}, "3.8.0", ""),
    ({"enable-v2": True}, "3.5.34", ""),
    ({"enable-v2": True}, "3.6.0", "which etcd 3.6.0 does not know any more. etcd 3.6 has no v2 API"),
    ({"enable-v2": True}, "3.8.0", "which etcd 3.8.0 does not know any more."),
    ({"enable-v2": False}, "3.6.0", "which etcd 3.6.0 does not know any more."),
    ({"experimental-enable-v2v3": "/x"}, "3.6.0", "does not know any more. Leave it out."),
    ({"debug": True}, "3.5.0", "Use log-level instead."),
    ({"socket-reuse-port": True}, "3.4.23", "came with etcd 3.5.0. Leave it out as long as the members run 3.4.23."),
    ({"snapshot-catchup-entries": 9}, "3.5.13", "came with etcd 3.6.0. Leave it out as long as the members run"),
    ({"snapshot-catchup-entries": 9}, "3.5.14", ""),
    ({"max-concurrent-streams": 9}, "3.5.4", "came with etcd 3.5.5."),
    ({"max-concurrent-streams": 9}, "3.4.19", "came with etcd 3.4.20."),
    ({"nonsense": 1}, "3.8.0", ""),
    ({"nonsense": 1}, "3.3.25", ""),
    ({"data-dir": "/x"}, "3.8.0", "Use etcd_cluster_data_dir instead."),
    (
        {"corrupt-check-time": "1h", "experimental-corrupt-check-time": "1h"},
        "3.6.16",
        "two names of one flag. Leave experimental-corrupt-check-time out.",
    ),
    ({"corrupt-check-time": "1h", "experimental-corrupt-check-time": None}, "3.6.16", ""),
    (
        {"feature-gates": "InitialCorruptCheck=true", "experimental_initial_corrupt_check": True},
        "3.7.3",
        "sets experimental-initial-corrupt-check, and InitialCorruptCheck in feature-gates, two names of one setting.",
    ),
    ({"feature-gates": "InitialCorruptCheck=true", "experimental-initial-corrupt-check": None}, "3.7.3", ""),
    ({"feature-gates": ["LeaseCheckpoint=true"], "experimental-enable-lease-checkpoint-persist": True}, "3.6.16", ""),
    # values
    ({"quota-backend-bytes": "8GiB"}, "", "to '8GiB'. It must be a whole number."),
    ({"quota-backend-bytes": 8e9}, "", "It must be a whole number."),
    ({"snapshot-count": -1}, "", "It must be a whole number."),
    ({"snapshot-count": ""}, "", "It must be a whole number."),
    ({"snapshot-count": True}, "", "It must be a whole number."),
    ({"pre-vote": "yes"}, "", "to 'yes'. It must be true or false."),
    ({"pre-vote": False}, "", ""),
    ({"backend-batch-interval": 5}, "", "to 5. It must be a duration with its unit"),
    ({"backend-batch-interval": "5 s"}, "", "It must be a duration with its unit"),
    ({"backend-batch-interval": "1h30m"}, "", ""),
    ({"grpc-keepalive-interval": 0}, "", ""),
    ({"auto-compaction-retention": 1000}, "", ""),
    ({"log-level": {"a": 1}}, "", "It must be a plain value in one line."),
    ({"log-level": "info\nETCD_FORCE_NEW_CLUSTER=true"}, "", "It must be a plain value in one line."),
    ({"cors": [["a"]]}, "", "It must be a plain value in one line."),
    ({"auto-compaction-retention": "1h30m", "auto-compaction-mode": "revision", "log-level": "WARN"}, "", ""),
    ({"auto-compaction-retention": "soon"}, "", "a whole number, or a duration with its unit"),
    ({"auto-compaction-mode": "hourly"}, "", "to 'hourly'. It must be periodic or revision."),
    ({"log-level": "verbose"}, "", "It must be debug or info or warn or error"),
    ({"tls-min-version": "1.2"}, "3.5.30", "It must be TLS1.2 or TLS1.3."),
    ({"logger": "capnslog"}, "3.4.23", ""),
    ({"logger": "capnslog"}, "3.5.30", "It must be zap."),
    ({"feature-gates": "CompactHashCheck=true,LeaseCheckpoint=false"}, "3.6.0", ""),
    ({"feature-gates": ["CompactHashCheck=true"]}, "", ""),
    ({"feature-gates": "CompactHashCheck"}, "", "It must be a list such as CompactHashCheck=true."),
    ({"feature-gates": "compacthashcheck=true"}, "", "Did you mean CompactHashCheck?"),
    ({"feature-gates": "Nonsense=true"}, "", "the feature gate Nonsense, which etcd 3.6 and 3.7 does not know."),
    ({"feature-gates": "FastLeaseKeepAlive=true"}, "3.6.16", "FastLeaseKeepAlive, which came with etcd 3.7. Leave"),
    ({"feature-gates": "FastLeaseKeepAlive=false"}, "3.6.16", ""),
    ({"feature-gates": "FastLeaseKeepAlive=true"}, "3.7.0", ""),
    ({"feature-gates": "Nonsense=true"}, "3.8.0", ""),
    ({"feature-gates": "Nonsense=true"}, "3.5.34", "the feature gate Nonsense, which etcd 3.5.34 does not know."),
    ({"feature-gates": "CompactHashCheck=true,"}, "3.5.34", ""),
    ({"feature-gates": "CompactHashCheck=true"}, "3.5.4", "sets the feature gate CompactHashCheck, which came with"),
    ({"feature-gates": "AllAlpha=true"}, "3.5.34", "sets the feature gate AllAlpha, which came with etcd 3.6."),
    ({"feature-gates": "AllAlpha=false"}, "3.5.34", ""),
    ({"feature-gates": "LeaseCheckpoint=true,LeaseCheckpoint=false"}, "3.7.0", "with LeaseCheckpoint twice."),
    ({"feature-gates": None}, "3.7.0", ""),
    ({"v2-deprecation": "not-yet"}, "3.5.34", ""),
    ({"v2-deprecation": "not-yet"}, "3.6.0", "It must be write-only or write-only-skip-check"),
]


@pytest.mark.parametrize(("settings", "release", "said"), TABLE, ids=lambda value: str(value)[:60])
def test_what_is_said_of_a_setting(settings, release, said):
    found = problems(settings, release)
    assert len(found) == (1 if said else 0), found
    assert all(said in problem and "etcd_cluster_settings" in problem for problem in found), found


def test_every_problem_is_named():
    assert len(problems({"data-dir": "/x", "quota-backend-byte": 1, "pre-vote": "yes", "log-level": "info"})) == 3


@pytest.mark.parametrize("name", [*INTERNAL["etcd_cluster__own_settings"], *INTERNAL["etcd_cluster__tls_settings"]])
def test_what_the_role_sets_itself_cannot_be_set_beside_it(name):
    assert name in DECISIVE
    assert problems({name: "x"})


@pytest.mark.parametrize("name", DECISIVE)
def test_what_decides_is_a_flag_and_names_variables_of_the_role(name):
    options = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    assert name in FLAGS
    words = DECISIVE[name].replace(".", " ").replace(",", " ").split()
    assert {word for word in words if word.startswith("etcd_cluster_")} <= set(options)


@pytest.mark.parametrize("preset", INTERNAL["etcd_cluster__presets"])
@pytest.mark.parametrize("release", RELEASES)
def test_every_preset_suits_every_release(preset, release):
    """Under the names that the release knows, and without what it has under none."""
    settings = settings_for(INTERNAL["etcd_cluster__presets"][preset], release)
    assert problems(settings, release) == ()
    assert set(settings) <= set(known_to(flags.judged(release)))
    assert deprecations(settings, release) == ()


# Translation


@pytest.mark.parametrize(
    ("settings", "release", "read"),
    [
        ({"experimental-corrupt-check-time": "1h"}, "3.5.34", {"experimental-corrupt-check-time": "1h"}),
        ({"experimental-corrupt-check-time": "1h"}, "3.6.16", {"corrupt-check-time": "1h"}),
        ({"experimental-corrupt-check-time": "1h"}, "3.7.3", {"corrupt-check-time": "1h"}),
        ({"experimental-corrupt-check-time": "1h"}, "3.8.0", {"corrupt-check-time": "1h"}),
        ({"experimental-corrupt-check-time": "1h"}, "", {"experimental-corrupt-check-time": "1h"}),
        ({"corrupt-check-time": "1h"}, "3.5.34", {"experimental-corrupt-check-time": "1h"}),
        ({"corrupt-check-time": "1h"}, "3.3.25", {"corrupt-check-time": "1h"}),
        ({"--Snapshot_Catchup_Entries": 7}, "3.5.34", {"experimental-snapshot-catchup-entries": "7"}),
        ({"snapshot-catchup-entries": 7}, "3.5.13", {}),
        ({"experimental-initial-corrupt-check": True}, "3.7.3", {"feature-gates": "InitialCorruptCheck=true"}),
        ({"experimental-initial-corrupt-check": False}, "3.6.0", {"feature-gates": "InitialCorruptCheck=false"}),
        ({"feature-gates": "InitialCorruptCheck=true"}, "3.5.34", {"experimental-initial-corrupt-check": "true"}),
        ({"feature-gates": "FastLeaseKeepAlive=true"}, "3.7.3", {"feature-gates": "FastLeaseKeepAlive=true"}),
        ({"feature-gates": "FastLeaseKeepAlive=false"}, "3.5.34", {}),
        (
            {
                "feature-gates": ["LeaseCheckpoint=true", "PriorityRequest = true"],
                "experimental-initial-corrupt-check": True,
            },
            "3.7.3",
            {"feature-gates": "LeaseCheckpoint=true,PriorityRequest=true,InitialCorruptCheck=true"},
        ),
        ({"flag-of-a-newer-etcd": [1, 2]}, "3.8.0", {"flag-of-a-newer-etcd": "1,2"}),
        # what a preset says comes first, and counts less
        (
            {"snapshot-catchup-entries": 7, "experimental-snapshot-catchup-entries": 8},
            "3.6.16",
            {"snapshot-catchup-entries": "8"},
        ),
        ({"experimental-snapshot-catchup-entries": 7, "snapshot-catchup-entries": None}, "3.6.16", {}),
        (
            {"experimental-initial-corrupt-check": True, "feature-gates": "InitialCorruptCheck=false"},
            "3.5.34",
            {"experimental-initial-corrupt-check": "false"},
        ),
        ({"feature-gates": "InitialCorruptCheck=true", "experimental-initial-corrupt-check": None}, "3.7.3", {}),
        ({"feature-gates": None}, "3.7.3", {}),
    ],
)
def test_a_setting_gets_the_name_that_the_release_reads(settings, release, read):
    assert settings_for(settings, release) == read


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", sorted(set(FLAGS) - set(DECISIVE) - {"feature-gates"}))
def test_no_setting_is_ignored_in_silence(name, release):
    """It is refused, or the release gets a variable that it knows."""
    variables = {"ETCD_" + flag.upper().replace("-", "_") for flag in known_to(flags.judged(release))}
    for value in ("true", 1, "1h"):
        read = environment_of({name: value}, release)
        assert problems({name: value}, release) or (len(read) == 1 and set(read) <= variables)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("feature", flags.FEATURES)
def test_no_feature_is_off_in_silence(feature, release):
    settings = {"feature-gates": f"{feature}=true"}
    read = settings_for(settings, release)
    assert problems(settings, release) or read in (settings, {flags.FEATURES[feature].former_flag: "true"})


@given(
    st.dictionaries(st.sampled_from(sorted(set(FLAGS) - set(DECISIVE))), st.integers(1, 9), max_size=4),
    st.sampled_from(RELEASES),
    st.sampled_from(RELEASES),
)
def test_what_was_translated_needs_no_translation(settings, release, other):
    """A way up and back again does not lose a setting, unless the other release has it under no name. A feature that is
    off is what a release without it does anyway.
    """
    there = settings_for(settings, release)
    assert settings_for(there, release) == there
    if not problems(there, other):
        assert settings_for(settings_for(there, other), release) == there


@pytest.mark.parametrize("name", flags.BECAME_FEATURE)
def test_a_flag_that_became_a_feature_may_be_replaced_by_it(name):
    gates = {"feature-gates": f"{flags.BECAME_FEATURE[name]}=true"}
    assert problems({name: True}, "3.7.3") == problems(gates, "3.7.3") == problems(gates, "3.5.34") == ()
    assert settings_for({name: True}, "3.7.3") == gates


# Deprecated settings


@pytest.mark.parametrize(
    ("settings", "release", "said"),
    [
        ({"max-snapshots": 2}, "3.5.34", ""),
        ({"max-snapshots": 2}, "3.6.0", "sets max-snapshots: etcd 3.6 deprecates it"),
        ({"Max_Snapshots": 2}, "3.8.0", "sets max-snapshots: etcd 3.6 deprecates it"),
        ({"max-snapshots": None}, "3.7.3", ""),
        ({"max-snapshots": 2}, "", ""),
        ({"snapshot-count": 50000}, "3.5.34", ""),
        ({"snapshot-count": 50000}, "3.6.0", "How far a follower may be behind is snapshot-catchup-entries."),
        ({"snapshot-count": 10000}, "3.6.0", ""),
        ({"snapshot-count": "many"}, "3.6.0", ""),
    ],
)
def test_what_is_said_of_a_setting_that_does_less_than_before(settings, release, said):
    found = deprecations(settings, release)
    assert len(found) == (1 if said else 0), found
    assert all(said in one for one in found)


@given(st.dictionaries(st.text(max_size=30), st.one_of(st.none(), st.text(max_size=9), st.integers(), st.booleans())))
def test_whatever_is_set_gets_sentences(settings):
    assert all(problem.endswith((".", "?")) for problem in problems(settings, "3.5.30"))


@given(st.sampled_from(sorted(FLAGS)), st.integers(min_value=0, max_value=29))
def test_a_flag_with_a_typing_error_is_not_taken_for_another(name, place):
    typed = name[:place] + "x" + name[place + 1 :]
    if typed in FLAGS or typed.startswith("etcd-"):
        return
    (problem,) = problems({typed: None})
    assert typed in problem


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, ""),
        ({"heartbeat-interval": 300, "election_timeout": "3000"}, ""),
        ({"heartbeat-interval": 200}, ""),
        ({"heartbeat-interval": 201}, "The heartbeat-interval is 201 ms and the election-timeout is 1000 ms."),
        ({"election-timeout": 499}, "at least 5 times the interval"),
        ({"election-timeout": 50001}, "at most 50000 ms"),
        ({"heartbeat-interval": 0}, "The heartbeat-interval is 0 ms"),
        ({"heartbeat-interval": None, "election-timeout": "soon"}, ""),
    ],
)
def test_what_is_said_of_an_interval_and_a_timeout(settings, said):
    found = timing_problem(settings)
    assert (said in found) if said else found == ""


# The unit


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, ""),
        ({"MemoryMax": "4G", "CPUWeight": 500, "Environment": "GOGC=50"}, ""),
        ({"ExecStartPre": ["/bin/true", "/bin/sleep 1"]}, ""),
        ({"Unit": {"After": "zfs.target"}, "Service": {"MemoryMax": "4G"}}, ""),
        ({"User": "root"}, "sets User, which would override the role. Use etcd_cluster_system_user instead."),
        ({"Service": {"ExecStart": "/bin/etcd"}}, "etcd_cluster_program_dir"),
        ({"EnvironmentFile": "/etc/default/etcd"}, "Use etcd_cluster_settings instead."),
        ({"Environment": "GOGC=50 ETCD_NAME=n9"}, "Settings of etcd go into etcd_cluster_settings."),
        ({"Environment": ["ETCD_NAME=n9"]}, "Settings of etcd go into etcd_cluster_settings."),
        ({"Memory Max": "4G"}, "Give the name of a setting of systemd, for example MemoryMax."),
        ({"MemoryMax": "4G\nUser=root"}, "It must be a plain value in one line."),
        ({"MemoryMax": None}, "It must be a plain value in one line."),
        ({"MemoryMax": {"a": 1}}, "mappings of settings only below the names Unit and Service."),
        ({"Install": {"WantedBy": "etcd.target"}}, "mappings of settings only below the names Unit and Service."),
        ({"Unit": "After=zfs.target"}, "mappings of settings only below the names Unit and Service."),
        ({"MemoryMax": [["4G"]]}, "It must be a plain value in one line."),
    ],
)
def test_what_is_said_of_a_setting_of_the_unit(settings, said):
    found = unit_problems(settings)
    assert len(found) == (1 if said else 0), found
    assert all(said in problem and "etcd_cluster_unit_settings" in problem for problem in found), found


@pytest.mark.parametrize("name", ["Type", "User", "Group", "EnvironmentFile", "ExecStart", "ExecStartPost"])
def test_what_the_unit_of_the_role_needs_cannot_be_overridden(name):
    assert f"\n{name}=" in UNIT
    assert name in DECISIVE_IN_UNIT
