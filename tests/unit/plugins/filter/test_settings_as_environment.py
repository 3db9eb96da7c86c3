# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of etcd as environment variables."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.quorum.etcd.plugins.filter.settings_as_environment import settings_as_environment


@pytest.mark.parametrize(
    ("settings", "variables"),
    [
        ({}, {}),
        ({"snapshot-count": 10000}, {"ETCD_SNAPSHOT_COUNT": "10000"}),
        ({"--snapshot_count": "10000"}, {"ETCD_SNAPSHOT_COUNT": "10000"}),
        ({"pre-vote": True, "client-cert-auth": False}, {"ETCD_PRE_VOTE": "true", "ETCD_CLIENT_CERT_AUTH": "false"}),
        (
            {"listen-client-urls": ["https://10.0.0.1:2379", "https://127.0.0.1:2379"]},
            {"ETCD_LISTEN_CLIENT_URLS": "https://10.0.0.1:2379,https://127.0.0.1:2379"},
        ),
        ({"log-level": None}, {}),
        ({"snapshot-count": 1, "snapshot_count": 2}, {"ETCD_SNAPSHOT_COUNT": "2"}),
        ({"snapshot-count": 1, "snapshot_count": None}, {}),
    ],
)
def test_a_flag_becomes_its_variable(settings, variables):
    assert settings_as_environment(settings) == variables


def test_a_variable_is_the_one_that_the_release_reads():
    settings = {"experimental-initial-corrupt-check": True, "snapshot-catchup-entries": 5000}
    assert settings_as_environment(settings, "3.7.3") == {
        "ETCD_FEATURE_GATES": "InitialCorruptCheck=true",
        "ETCD_SNAPSHOT_CATCHUP_ENTRIES": "5000",
    }
    assert settings_as_environment(settings, "3.5.34") == {
        "ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK": "true",
        "ETCD_EXPERIMENTAL_SNAPSHOT_CATCHUP_ENTRIES": "5000",
    }


@pytest.mark.parametrize(
    "settings",
    [
        None,
        "snapshot-count=1",
        ["snapshot-count"],
        {"log-level": {"a": 1}},
        {"log-level": "info\nETCD_FORCE_NEW_CLUSTER=true"},
    ],
)
def test_what_cannot_be_a_setting_is_refused(settings):
    with pytest.raises(AnsibleFilterError):
        settings_as_environment(settings)
