# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of the house and the arrows between them: the core is pure, and every room knows only the rooms below
it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
ROOMS = PLUGINS / "module_utils"
CORE = sorted((ROOMS / "_membership").rglob("*.py"))

# What each room may import of ours besides itself. `_client` shares the core's values, not its decisions.
ARROWS = {
    "_membership": set(),
    "_formats": set(),
    "_client": {"_formats", "_membership.model"},
    "_operations": {"_client", "_formats", "_membership"},
    "_module": {"_operations", "_client", "_formats", "_membership"},
}
# What the core may use of the standard library: values and text, no clock, no environment, no files, no network.
PURE = {
    "__future__",
    "abc",
    "collections",
    "dataclasses",
    "difflib",
    "enum",
    "functools",
    "hashlib",
    "ipaddress",
    "itertools",
    "math",
    "operator",
    "re",
    "string",
    "typing",
}
PURE_PARTS = {"collections.abc", "urllib.parse"}
IMPURE_BUILTINS = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}

IN_THE_DARK = textwrap.dedent(
    """
    import importlib, os, sys

    BLOCKED = {"ansible", "asyncio", "datetime", "etcd3", "grpc", "http", "logging", "requests", "select", "selectors",
    "socket", "ssl", "subprocess", "time"}

    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in BLOCKED:
                raise ImportError(f"the core imports {name}")

    class Environment(dict):
        def refuse(self, *arguments):
            raise RuntimeError("the core reads the environment")
        __getitem__ = __contains__ = __iter__ = get = keys = items = refuse

    sys.path.insert(0, sys.argv[1])
    for loaded in [name for name in sys.modules if name.split(".")[0] in BLOCKED]:
        del sys.modules[loaded]
    sys.meta_path.insert(0, Blocker())
    os.environ = Environment()
    for name in sys.argv[2:]:
        importlib.import_module(name)
    print(len(sys.argv[2:]))
    """
)


def module_name(path: Path) -> str:
    """The name that Ansible gives a file of the collection."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("ansible_collections", "quorum", "etcd", *(part for part in parts if part != "__init__")))


def imports_of(path: Path) -> set[str]:
    """Absolute names of everything that a file imports, at run time or for its annotations; relative imports
    resolved.
    """
    package = module_name(path).split(".") if path.name == "__init__.py" else module_name(path).split(".")[:-1]
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = (
                [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
                if node.level
                else (node.module or "").split(".")
            )
            target = ".".join(part for part in base if part)
            # `from . import model` names a file, `from .model import Member` a value of one.
            names |= {f"{target}.{alias.name}" for alias in node.names} if node.level and not node.module else {target}
    return names


def own_imports(path: Path) -> set[str]:
    """What a file imports of ours, seen from `module_utils` (`_membership.model`); other places keep their full
    name.
    """
    prefix = "ansible_collections.quorum.etcd."
    ours = {name[len(prefix) :] for name in imports_of(path) if name.startswith(prefix)}
    return {name.removeprefix("plugins.module_utils.") for name in ours}


def may_import(name: str, allowed: set[str]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in allowed)


def test_the_core_imports_without_ansible_network_clock_and_environment():
    done = subprocess.run(
        [sys.executable, "-I", "-c", IN_THE_DARK, str(ROOT / ".cache" / "collections"), *map(module_name, CORE)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == str(len(CORE)), done.stderr
    assert len(CORE) > 5


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_uses_only_the_pure_part_of_the_standard_library(path):
    ours = "ansible_collections.quorum.etcd.plugins.module_utils._membership"
    foreign = {name for name in imports_of(path) if name not in PURE | PURE_PARTS and not may_import(name, {ours})}
    assert not foreign


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_neither_reads_nor_prints(path):
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & IMPURE_BUILTINS


@pytest.mark.parametrize("room", ARROWS)
def test_a_room_knows_only_the_rooms_below_it(room):
    files = sorted((ROOMS / room).rglob("*.py"))
    wrong = {
        str(path.relative_to(ROOMS)): names
        for path in files
        if (names := {n for n in own_imports(path) if not may_import(n, ARROWS[room] | {room})})
    }
    assert files
    assert not wrong


def test_there_is_no_other_room():
    assert {path.name for path in ROOMS.iterdir() if path.name not in ("__init__.py", "__pycache__")} == set(ARROWS)


def modules() -> list[Path]:
    return sorted(PLUGINS.glob("modules/[!_]*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_a_module_is_thin(path):
    """Documentation, arguments in, one call, JSON out: it uses `_module` alone and its main() has at most 40 lines."""
    assert {name for name in own_imports(path) if not may_import(name, {"_module"})} == set()
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    main = next(node for node in functions if node.name == "main")
    assert (main.end_lineno or 0) - main.lineno + 1 <= 40


@pytest.mark.parametrize("path", sorted(PLUGINS.glob("inventory/[!_]*.py")), ids=lambda path: path.stem)
def test_an_inventory_asks_no_etcd_itself(path):
    """It takes its options from Ansible and gives it hosts; what lies between is of `_module` and of the core."""
    assert {name for name in own_imports(path) if not may_import(name, {"_module", "_membership"})} == set()


PRIVATE = [
    path for path in sorted([*ROOMS.rglob("*.py"), *PLUGINS.glob("doc_fragments/*.py")]) if path.name != "__init__.py"
]


@pytest.mark.parametrize("path", PRIVATE, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_private_code_says_so(path):
    head = path.read_text()[:700]
    assert "GNU General Public License v3.0 or later" in head
    assert "**PRIVATE** to the collection" in head


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


@pytest.mark.parametrize("path", [path for path in PRIVATE if ROOMS in path.parents], ids=lambda path: path.stem)
def test_the_page_about_the_architecture_names_every_file(path):
    named_after_a_module = path.parent.name == "_module" and path.stem in {module.stem for module in modules()}
    assert f"`{path.stem}`" in ARCHITECTURE or f"/{path.stem}`" in ARCHITECTURE or named_after_a_module


def test_the_page_about_the_architecture_names_no_other_file():
    there = {path.stem for path in ROOT.rglob("plugins/**/*.py")} | {path.stem for path in ROOT.rglob("tests/*.py")}
    rows = [line for line in ARCHITECTURE.partition("## The role")[0].splitlines() if line.startswith("| ")]
    named = {name.rpartition("/")[2] for row in rows for name in re.findall(r"`([\w/]+)`", row)}
    assert named - there == set()


TASKS = ROOT / "roles" / "etcd_cluster" / "tasks"


@pytest.mark.parametrize("path", sorted(TASKS.glob("[ct]*/*.yml")), ids=lambda path: path.stem)
def test_the_page_about_the_architecture_names_every_file_of_the_role(path):
    assert f"`{path.stem}`" in ARCHITECTURE or f"/{path.stem}`" in ARCHITECTURE


def test_the_page_about_the_architecture_names_no_other_file_of_the_role():
    rows = [
        line
        for line in ARCHITECTURE.partition("## The role")[2].partition("## Tests")[0].splitlines()
        if line[:2] == "| "
    ]
    named = {name.rpartition("/")[2] for row in rows for name in re.findall(r"`([\w/]+)`", row)}
    assert named - {path.stem for path in TASKS.rglob("*.yml")} == {""}
