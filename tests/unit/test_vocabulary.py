# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One word for one thing, and it is the field's own: words that were replaced stay away, and names lead somewhere."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    ROOT / name
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
]
PYTHON = [path for path in FILES if path.suffix == ".py" and path.is_file()]
TEXTS = [
    path
    for path in FILES
    if path.is_file() and path.suffix in (".py", ".md", ".yml", ".j2", ".rst", ".toml") and path != Path(__file__)
]
HISTORY = ("CHANGELOG", "changelogs/")

# No word of English, so it stands nowhere.
NOWHERE = (
    r"\bNotFulfilled\b", r"\bfulfil\w*", r"\bASTRAY\b", r"\b_CURES\b", r"\bailments?\b", r"\bshortfall\b",
    r"\bwholeness\b", r"\bContacts\b", r"\bPapers\b", r"\basker\b", r"\blook_around\b", r"\bsecond_attempts\b",
    r"rotate_authorities", r"keep_old_authorities", r"\bWish\b", r"\bwish(?:es|ed)?\b",
    # A cluster trusts a CA. What X.509 and URLs call so keeps its name.
    r"\bauthorit(?:y|ies)\b(?!_key_identifier)",
)  # fmt: skip
KEEPS_ITS_NAME = {"authority": ("x509.py", "wire_format.py", "test_x509.py", "addresses.py", "test_addresses.py")}
# Words of English that are no names of ours.
NO_NAMES = frozenset(
    ("advice", "answer", "everything", "keeper", "look", "papers", "planners", "proof", "standing", "stops", "story")
)  # fmt: skip


def test_there_is_something_to_look_at():
    assert len(PYTHON) > 200
    assert len(TEXTS) > len(PYTHON)


@pytest.mark.parametrize("pattern", NOWHERE)
def test_a_word_that_was_replaced_stands_nowhere(pattern: str):
    kept = next((files for word, files in KEEPS_ITS_NAME.items() if word[:8] in pattern), ())
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in TEXTS
        if path.name not in kept and not str(path.relative_to(ROOT)).startswith(HISTORY)
        for match in re.finditer(pattern, path.read_text())
    ]
    assert found == []


def test_no_file_has_a_replaced_name():
    assert [str(path.relative_to(ROOT)) for path in FILES if path.stem in NO_NAMES] == []


def names_in(path: Path) -> set[str]:
    """The names of modules, classes and functions that a file defines or imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.name.rpartition(".")[2] for alias in node.names}
    return names


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_is_a_replaced_one(path: Path):
    if ROOT / "plugins" in path.parents:
        assert names_in(path) & NO_NAMES == set()
    assert {name.lower() for name in names_in(path)} & {"contacts", "papers", "wish", "keeper", "story"} == set()


# -- names of the collection -------------------------------------------------------------------------------------------

PARTS = {
    *(path.stem for path in (ROOT / "plugins").glob("*/*.py")),
    *(path.stem for path in (ROOT / "playbooks").glob("*.yml")),
    *(path.name for path in (ROOT / "roles").iterdir()),
    # The action group, the folder of the code, the name of the repository, and labels of the test bed's containers.
    "etcd", "plugins", "git", "folder", "image", "lab", "owner", "project", "run", "version",
}  # fmt: skip


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_named_of_the_collection_exists(path: Path):
    """Advice that names a module or a playbook that does not exist leads nowhere."""
    text = path.read_text()
    named = set(re.findall(r"\bquorum\.etcd\.([a-z_]\w*)", text))
    assert named - PARTS == set()
