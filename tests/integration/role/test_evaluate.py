# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that are evaluated once, and problems that stop the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.ansible_playbook import TaskEnded, run

LARGE = 10**12


def evaluated(folder: Path, *variables: str, problems: Any = (), **values: Any) -> TaskEnded:
    """What came of the task that evaluates these variables."""
    task = {
        "name": "Evaluate",
        "quorum.etcd.evaluate": {"variables": list(variables), "problems": "problems"},
        "vars": {**values, "problems": problems},
    }
    (folder / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    (ended,) = run([str(folder / "play.yml"), "-i", "localhost,", "-c", "local"], folder)
    return ended


def test_a_variable_is_evaluated_once_however_many_are_made_of_it(tmp_path):
    drawn = {"drawn": f"{{{{ {LARGE} | random }}}}", "same": "{{ drawn }}", "list": ["{{ drawn }}", "{{ same }}"]}
    values = evaluated(tmp_path, "drawn", "same", "list", **drawn).result["evaluated"]
    assert values["same"] == values["drawn"]
    assert values["list"] == [values["drawn"]] * 2


def test_problems_are_found_in_the_values_and_fail_the_task(tmp_path):
    task = evaluated(tmp_path, "port", port="{{ 2300 + 79 }}", problems=["Port {{ port }} is taken.", "Take another."])
    assert (task.outcome, task.result["msg"]) == ("failed", "Port 2379 is taken.\nTake another.")


def test_what_cannot_be_evaluated_is_left_out_and_fails_where_it_is_needed(tmp_path):
    broken = {"broken": "{{ nobody_set_this }}", "whole": "yes"}
    assert evaluated(tmp_path, "broken", "whole", **broken).result["evaluated"] == {"whole": "yes"}
    task = evaluated(tmp_path, "broken", problems="{{ [broken] }}", **broken)
    assert task.outcome == "failed"
    assert "nobody_set_this" in task.result["msg"]


def test_a_value_that_looks_like_a_template_is_not_evaluated_again(tmp_path):
    values = {"braces": "{{ '{' ~ '{ 1 + 1 }' ~ '}' }}", "quoted": "<{{ braces }}>"}
    task = evaluated(tmp_path, "braces", "quoted", **values)
    assert task.result["evaluated"] == {"braces": "{{ 1 + 1 }}", "quoted": "<{{ 1 + 1 }}>"}
