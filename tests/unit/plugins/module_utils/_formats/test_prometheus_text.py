# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics in Prometheus's text."""

from __future__ import annotations

from ansible_collections.quorum.etcd.plugins.module_utils._formats.prometheus_text import samples

TEXT = rb"""# HELP etcd_server_quota_backend_bytes Current backend storage quota size in bytes.
# TYPE etcd_server_quota_backend_bytes gauge
etcd_server_quota_backend_bytes 2.147483648e+09
etcd_server_feature_enabled{name="LeaseCheckpoint",stage="ALPHA"} 0
etcd_server_feature_enabled{name="a \"quoted\" one",stage=""} 1
etcd_server_feature_enabled_total 7
etcd_server_feature_enabled
etcd_server_feature_enabled nothing
"""


def test_only_the_metrics_that_are_asked_for_are_read():
    found = samples(TEXT, ("etcd_server_feature_enabled", "etcd_server_quota_backend_bytes"))
    assert [(one.label("name"), one.value) for one in found] == [
        ("", 2147483648.0),
        ("LeaseCheckpoint", 0.0),
        (r"a \"quoted\" one", 1.0),
    ]
    assert found[1].label("stage") == "ALPHA"


def test_what_is_no_metric_gives_none():
    assert samples(b"<html>\xff", ("etcd_server_id",)) == []
