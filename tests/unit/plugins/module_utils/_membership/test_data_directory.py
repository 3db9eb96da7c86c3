# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a stopped member is known to have come."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.data_directory import DataDirectory


@pytest.mark.parametrize(
    ("commit_index", "consistent_index", "expected"),
    [(7, 9, 9), (9, 7, 9), (7, None, 7), (None, 9, 9), (None, None, None)],
)
def test_what_the_log_or_the_database_says_is_committed_is(commit_index, consistent_index, expected):
    found = DataDirectory(commit_index=commit_index, consistent_index=consistent_index)
    assert found.known_commit == expected
