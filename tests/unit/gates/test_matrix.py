# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pairs of ansible-core and Python `make matrix` tries, and which imports the benchmark of imports measures."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import matrix
from tests.benchmarks import imports


def here(monkeypatch: pytest.MonkeyPatch, *pythons: str) -> list[str]:
    monkeypatch.setattr(matrix, "installed", lambda: {python: Path("python" + python) for python in pythons})
    return [pair.name for pair in matrix.pairs()]


def test_of_the_pythons_that_a_core_supports_the_oldest_and_the_newest_are_tried(monkeypatch):
    assert here(monkeypatch, "3.8", "3.11", "3.12", "3.13")[:2] == ["2.18-3.11", "2.18-3.13"]
    assert here(monkeypatch, "3.8", "3.11", "3.12", "3.13")[-2:] == ["2.21-3.12", "2.21-3.13"]


def test_one_python_is_tried_once(monkeypatch):
    assert here(monkeypatch, "3.11") == ["2.18-3.11", "2.19-3.11"]
    assert here(monkeypatch, "3.8") == []


def test_a_pair_that_is_not_here_is_an_error(monkeypatch, capsys):
    here(monkeypatch, "3.11")
    assert matrix.main(["2.19-3.14"]) == 2
    assert "not here: 2.19-3.14; there are: 2.18-3.11, 2.19-3.11" in capsys.readouterr().err


@pytest.mark.parametrize("late", imports.late_imports(), ids=lambda late: f"{late.file.name}-{late.function}")
def test_an_import_that_is_measured_is_one_that_can_be_made(late):
    assert all(find_spec(name) for name in late.names)
