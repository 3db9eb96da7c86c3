# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about releases says what the collection decides by."""

from __future__ import annotations

from ansible_collections.quorum.etcd.plugins.module_utils._membership import versions

from tests import release_page


def test_the_page_says_what_the_data_say():
    assert release_page.PAGE.read_text() == release_page.page(), "python -m tests.release_page"


def test_a_fault_is_named_with_the_releases_that_have_it():
    row = next(line for line in release_page.page().splitlines() if versions.ADD_NEEDS_EVERY_VOTER.summary in line)
    assert "| all 3.4, 3.5.0 to 3.5.29, 3.6.0 to 3.6.10 |" in row


def test_every_demand_of_a_crossing_has_its_words():
    fields = set(versions.Crossing.__dataclass_fields__) - {"rules", "first"}
    assert fields == set(release_page._DEMANDS)
