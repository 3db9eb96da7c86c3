# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine lacks leaves out the tests that need it, by name and with the way to get it."""

from __future__ import annotations

from tests import phases
from tests.left_out import WIDTH, lines_on

NO_ENGINE = "no Docker engine at the local socket; start it (systemctl start docker)"
NO_RELEASE = "no etcd 3.4.23 on this machine; fetch it"


def test_each_reason_stands_once_above_the_tests_that_it_left_out():
    assert lines_on(
        [
            (NO_ENGINE, "tests/integration/testbed_docker/test_lab.py::test_a[3.4]"),
            (NO_ENGINE, "tests/integration/testbed_docker/test_lab.py::test_a[3.5]"),
            (NO_RELEASE, "tests/integration/role/test_upgrade.py::test_c"),
            (NO_ENGINE, "tests/integration/testbed_docker/test_images.py::test_b"),
        ]
    ) == [NO_ENGINE, "    test_a, test_b", NO_RELEASE, "    test_c"]


def test_many_names_are_laid_out_in_lines():
    lines = lines_on((NO_ENGINE, f"file.py::test_number_{number}") for number in range(100))
    assert max(map(len, lines[1:])) <= WIDTH
    assert sum(line.count("test_number_") for line in lines) == 100


def test_a_phase_may_have_nothing_to_do_but_not_all_of_them():
    assert phases.verdict([0, phases.NOTHING_CHOSEN]) == 0
    assert phases.verdict([phases.NOTHING_CHOSEN, 0]) == 0
    assert phases.verdict([phases.NOTHING_CHOSEN, phases.NOTHING_CHOSEN]) == phases.NOTHING_CHOSEN
    assert phases.verdict([0, 1]) == 1
    assert phases.verdict([2, 0]) == 2
