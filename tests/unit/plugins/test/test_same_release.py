# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a release of etcd, in the words of a playbook."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.test.same_release import TestModule as Plugin


@pytest.mark.parametrize(
    ("version", "is_same"),
    {"3.5.21": True, "3.5.21+vendor": True, "3.5.21-rc.1": False, "3.5.22": False, None: False}.items(),
)
def test_a_playbook_asks_whether_a_program_is_a_release(version, is_same):
    assert Plugin().tests()["same_release"](version, "3.5.21") is is_same
