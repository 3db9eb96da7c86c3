# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no linter looks at: examples that work, results that are documented, groups and fragments that agree, every code
explained.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._membership import refusal

from tests.documentation import (
    action_of,
    argument_spec,
    contradictions,
    defaults_in,
    errors_of_arguments,
    examples_of,
    gaps_in_returns,
    module_files,
    read,
)

ROOT = Path(__file__).resolve().parents[2]
MODULES = [path.stem for path in module_files()]
GROUP = "group/quorum.etcd.etcd"
# Modules that ask no etcd anything.
WITHOUT_CONNECTION = {
    "etcd_ca_info",
    "etcd_certificate_check",
    "etcd_certificate_plan",
    "etcd_data_dir_info",
    "etcd_host_files",
    "etcd_host_info",
    "etcd_host_lease",
    "etcd_served_certificate",
    "evaluate",
    "show",
}
# Errors that users meet by these codes (the others of `errors` are turned into refusals or `server_error`).
ERROR_CODES = (
    *(errors.CONNECTION_REFUSED, errors.TIMEOUT, errors.TLS_ERROR, errors.AUTH_REQUIRED, errors.AUTH_FAILED),
    *(errors.PERMISSION_DENIED, errors.NOT_ETCD, errors.TRANSPORT_UNAVAILABLE, errors.SERVER_ERROR),
)


@pytest.fixture(params=MODULES)
def documented(request):
    return read(request.param)


def runtime():
    return yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())


def test_the_action_group_holds_every_module_that_connects_in_alphabetical_order():
    connecting = [name for name in MODULES if "quorum.etcd._connection" in read(name).fragments]
    assert connecting
    assert runtime()["action_groups"]["etcd"] == sorted(connecting)


def test_modules_that_connect_say_that_they_are_in_the_action_group(documented):
    fragments = set(documented.fragments)
    assert "quorum.etcd._attributes" in fragments
    assert ("quorum.etcd._connection" in fragments) == ("quorum.etcd._attributes.actiongroup_etcd" in fragments)


def test_every_module_says_how_it_behaves(documented):
    attributes = documented.documentation["attributes"]
    assert {name for name in ("check_mode", "diff_mode", "idempotent") if "support" not in attributes[name]} == set()


def test_every_module_and_option_says_since_when(documented):
    assert documented.documentation["version_added"]


def test_examples_exist_and_show_the_module(documented):
    assert f"quorum.etcd.{documented.name}" in {action_of(task) for task in examples_of(documented)}


def test_examples_name_modules_in_full(documented):
    short = {
        action for task in examples_of(documented) if not re.fullmatch(r"\w+\.\w+\.\w+", action := action_of(task))
    }
    assert not short


def test_examples_have_names_that_are_sentences(documented):
    assert [task for task in examples_of(documented) if not re.match(r"[A-Z]", task.get("name", ""))] == []


def test_examples_pass_the_modules_own_argument_checks(documented):
    found = {}
    for task in examples_of(documented):
        collection, _dot, name = action_of(task).rpartition(".")
        if collection == "quorum.etcd":
            found[task["name"]] = errors_of_arguments(name, task[f"{collection}.{name}"] or {})
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_defaults_in_examples_are_options_of_the_modules(documented):
    for group, defaults in defaults_in(yaml.safe_load(documented.examples)):
        assert group == GROUP
        assert errors_of_arguments(documented.name, defaults, partial=True) == []


def test_returns_are_documented_in_full(documented):
    assert gaps_in_returns(documented.returns) == []


def test_every_option_is_documented_and_the_reverse(documented):
    assert set(documented.documentation["options"]) == set(argument_spec(documented.name)["argument_spec"])


def test_environment_variables_are_documented(documented):
    """Every variable that stands in for an option is named in its description."""
    fallbacks = {
        option: rule["fallback"][1]
        for option, rule in argument_spec(documented.name)["argument_spec"].items()
        if "fallback" in rule
    }
    texts = {option: " ".join(documented.documentation["options"][option]["description"]) for option in fallbacks}
    assert [
        (option, name) for option, names in fallbacks.items() for name in names if f"E({name})" not in texts[option]
    ] == []


def test_what_the_documentation_calls_by_name_exists(documented):
    """Options and return values that descriptions name by O() and RV()."""
    text = str(documented.documentation) + str(documented.returns)
    options = {name.split("=")[0] for name in re.findall(r"\bO\((\w+(?:=[^)]*)?)\)", text)}
    values = set(re.findall(r"\bRV\((\w+)(?=[.\[=)])", text))
    assert options - set(documented.documentation["options"]) == set()
    assert values - set(documented.returns) == set()


def test_every_code_that_users_meet_has_one_section_and_no_section_is_about_another():
    headings = re.findall(r"^#+ .*?`(\w+)`", (ROOT / "docs" / "refusals.md").read_text(), re.MULTILINE)
    assert sorted(headings) == sorted([*refusal.CODES, *ERROR_CODES])


RETURNS: dict[str, dict[str, Any]] = {
    "member": {
        "description": "d",
        "returned": "always",
        "type": "dict",
        "sample": {"id": "8e9e05c52164694d"},
        "contains": {"id": {"description": "d", "type": "str"}},
    },
    "plan": {"description": "d", "returned": "always", "type": "list", "sample": []},
}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("member", {"id": "8e9e05c52164694d"}, []),
        ("member", None, []),
        ("member", {"id": 1}, ["member.id: documented as str, is int"]),
        ("member", {"surprise": 1}, ["member.surprise: returned, not documented"]),
        ("plan", {}, ["plan: documented as list, is dict"]),
        ("quorum", {}, ["quorum: returned, not documented"]),
    ],
)
def test_a_result_that_is_not_as_documented_is_found(key, value, expected):
    assert contradictions(value, RETURNS, key) == expected


def test_gaps_in_the_documentation_of_returns_are_found():
    assert gaps_in_returns(RETURNS) == []
    assert gaps_in_returns({"plan": {"type": "list"}}) == [
        "plan: no description",
        "plan: no returned",
        "plan: no sample",
    ]
    assert gaps_in_returns({"plan": {**RETURNS["plan"], "sample": {}}}) == ["plan: documented as list, is dict"]
