# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test bed knows nothing of the project around it: it is to be a package of its own, and to work in any other."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests import testbed

FOLDER = Path(testbed.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))
# The folder of a checkout, its cache, and the word for it. A user's cache folder is another thing, and so is
# functools.cache.
OF_THE_CHECKOUT = re.compile(r"""parents\[|(?<!~)["'/]\.cache\b|CHECKOUT""")


def imported(module: Path) -> Iterator[tuple[str, int]]:
    """The absolute imports of a module, with their lines; relative ones that lead out of the test bed, too."""
    depth = len(module.relative_to(FOLDER).parts)
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.level == 0 or node.level > depth):
            yield "." * node.level + (node.module or ""), node.lineno


def named(module: Path) -> str:
    return str(module.relative_to(FOLDER))


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_it_imports_itself_the_standard_library_and_installed_packages(module):
    known = sys.stdlib_module_names | packages_distributions().keys()
    foreign = [
        f"line {line}: {name}"
        for name, line in imported(module)
        if name.split(".")[0] not in known or name.split(".")[0] == "tests"
    ]
    assert foreign == []


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_it_looks_for_no_file_of_the_checkout(module):
    assert [line for line in module.read_text().splitlines() if OF_THE_CHECKOUT.search(line)] == []


@pytest.mark.parametrize(
    "line", ["Path(__file__).parents[2]", 'ROOT / ".cache"', "{ROOT}/.cache/etcd", "from .releases import CHECKOUT"]
)
def test_what_would_be_a_file_of_the_checkout(line):
    assert OF_THE_CHECKOUT.search(line)


@pytest.mark.parametrize("line", ["@functools.cache", 'Path("~/.cache")', "cache.folder()"])
def test_what_is_none(line):
    assert not OF_THE_CHECKOUT.search(line)
