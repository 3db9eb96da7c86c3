# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a module's documentation against its code: what it takes, what its examples give it, what it returns."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from ansible.module_utils import basic
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.task import Task

COLLECTION = "quorum.etcd"
ROOT = Path(__file__).resolve().parents[1]
KEYWORDS = {*Task.fattributes, *Block.fattributes, *Play.fattributes, "local_action", "register"}
SAMPLES: Mapping[str, Any] = {
    "bool": True,
    "dict": {},
    "float": 1.5,
    "int": 1,
    "list": ["templated"],
    "path": "/templated",
    "raw": "templated",
    "str": "templated",
}
JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "bool": (bool,),
    "dict": (dict,),
    "float": (float, int),
    "int": (int,),
    "list": (list,),
    "str": (str,),
}


@dataclass(frozen=True)
class Documented:
    """A module's three blocks of documentation, with its fragments merged in."""

    name: str
    documentation: Mapping[str, Any]
    examples: str
    returns: Mapping[str, Any]
    fragments: Sequence[str]


class _SpecificationSeen(BaseException):
    """Carries what a module hands to AnsibleModule out of its main()."""


def module_files() -> list[Path]:
    return sorted((ROOT / "plugins" / "modules").glob("[!_]*.py"))


@functools.cache
def _all_documentation() -> Mapping[str, Any]:
    """What ansible-doc says of every module, fragments merged in; in a process of its own, since it replaces Python's
    import of collections.
    """
    names = [f"{COLLECTION}.{path.stem}" for path in module_files()]
    command = [str(Path(sys.executable).with_name("ansible-doc")), "--type", "module", "--json", *names]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "ANSIBLE_HOME": str(ROOT / ".ansible"),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode or not names:
        raise RuntimeError(
            f"ansible-doc cannot read the modules ({', '.join(names) or 'there are none'}):\n{done.stderr}"
        )
    return json.loads(done.stdout)


def read(name: str) -> Documented:
    """The documentation of one module, as ansible-doc sees it."""
    blocks = _all_documentation()[f"{COLLECTION}.{name}"]
    own = yaml.safe_load(_imported(name).DOCUMENTATION)
    return Documented(
        name, blocks["doc"], blocks["examples"], blocks["return"] or {}, own["extends_documentation_fragment"]
    )


def _imported(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{name}")


def argument_spec(name: str) -> Mapping[str, Any]:
    """The keyword arguments (`argument_spec`, `required_one_of`, ...) that a module gives to AnsibleModule."""
    module = _imported(name)
    spy = mock.patch.object(basic.AnsibleModule, "__init__", autospec=True, side_effect=_SpecificationSeen)
    with spy as constructor, contextlib.suppress(_SpecificationSeen):
        module.main()
    arguments = dict(constructor.call_args.kwargs)
    if len(constructor.call_args.args) > 1:
        arguments["argument_spec"] = constructor.call_args.args[1]
    return arguments


def tasks_in(document: Any) -> Iterator[Mapping[str, Any]]:
    """Every task of an example, be it a list of tasks or of plays, blocks opened."""
    for entry in document or []:
        sections = [
            entry[section]
            for section in ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always")
            if section in entry
        ]
        if not sections and "hosts" not in entry:
            yield entry
        for section in sections:
            yield from tasks_in(section)


def action_of(task: Mapping[str, Any]) -> str:
    """The module that a task runs: its one key that is no keyword."""
    actions = [key for key in task if key not in KEYWORDS and not key.startswith("with_")]
    if len(actions) != 1:
        raise ValueError(
            f"this task has {len(actions)} actions ({', '.join(actions)}) where it must have one: {dict(task)}"
        )
    return actions[0]


def examples_of(documented: Documented) -> list[Mapping[str, Any]]:
    return list(tasks_in(yaml.load(documented.examples, Loader=yaml.SafeLoader)))


def defaults_in(document: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What the plays and blocks of an example set by module_defaults."""
    for entry in document or []:
        yield from (entry.get("module_defaults") or {}).items()
        for section in ("tasks", "block"):
            yield from defaults_in(entry.get(section))


def _filled(value: Any, option: Mapping[str, Any]) -> Any:
    """A value that a template may have become, so that the rest of its task can be judged."""
    if isinstance(value, str) and "{{" in value:
        choices = option.get("choices")
        return choices[0] if choices else SAMPLES[option.get("type", "str")]
    if isinstance(value, list):
        return [
            _filled(item, {"type": option.get("elements", "raw"), "choices": option.get("choices")}) for item in value
        ]
    return value


def errors_of_arguments(name: str, arguments: Mapping[str, Any], partial: bool = False) -> list[str]:
    """What the module's own argument specification says of these arguments.

    `partial`: defaults, which need not be complete.
    """
    given = argument_spec(name)
    options = given["argument_spec"]
    if partial:
        options = {option: {**rule, "required": False} for option, rule in options.items()}
    relations = {} if partial else {key: given[key] for key in _RELATIONS if given.get(key)}
    filled = {key: _filled(value, options.get(key, {})) for key, value in arguments.items()}
    return list(ArgumentSpecValidator(options, **relations).validate(filled).error_messages)


_RELATIONS = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")


def gaps_in_returns(returns: Mapping[str, Any], inside: str = "") -> list[str]:
    """What is missing in the RETURN block: each key has a description and a type, and at the top also `returned` and a
    `sample`.
    """
    gaps = []
    for key, entry in returns.items():
        wanted = ["description", "type"] if inside else ["description", "type", "returned"]
        gaps += [f"{inside}{key}: no {field}" for field in wanted if not entry.get(field)]
        if not inside and "sample" not in entry:
            gaps.append(f"{key}: no sample")
        if "sample" in entry:
            gaps += contradictions(entry["sample"], {key: entry}, key, inside)
        gaps += gaps_in_returns(entry.get("contains") or {}, f"{inside}{key}.")
    return gaps


def contradictions(value: Any, returns: Mapping[str, Any], key: str, inside: str = "") -> list[str]:
    """Where a value and the RETURN block disagree: keys that it does not know, types that are not as it says."""
    where = f"{inside}{key}"
    if key not in returns:
        return [f"{where}: returned, not documented"]
    entry = returns[key]
    if value is None:
        return []
    if not isinstance(value, JSON_TYPES.get(entry["type"], (object,))) or (
        isinstance(value, bool) and entry["type"] in ("int", "float")
    ):
        return [f"{where}: documented as {entry['type']}, is {type(value).__name__}"]
    parts = value if isinstance(value, list) else [value]
    contains = entry.get("contains")
    if not contains:
        return []
    return [
        found
        for part in parts
        if isinstance(part, dict)
        for inner, item in part.items()
        for found in contradictions(item, contains, inner, f"{where}.")
    ]


# What Ansible itself adds to every result, or documents for all modules alike.
ADDED_BY_ANSIBLE = {
    "ansible_facts",
    "changed",
    "deprecations",
    "diff",
    "exception",
    "failed",
    "invocation",
    "msg",
    "warnings",
}


def errors_of_result(name: str, result: Mapping[str, Any]) -> list[str]:
    """Where a real result of a module and its RETURN block disagree, for tests that have run it."""
    returns = read(name).returns
    unknown = [
        found
        for key, value in result.items()
        if key in returns or key not in ADDED_BY_ANSIBLE
        for found in contradictions(value, returns, key)
    ]
    promised = {"always"} if result.get("failed") else {"always", "success"}
    missing = [
        f"{key}: documented as returned {entry['returned']}, is missing"
        for key, entry in returns.items()
        if entry["returned"] in promised and key not in result
    ]
    return unknown + missing
