# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In the archive that Ansible sends, each module of the collection is compiled once, and is what it would be without
that.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[5]
SOURCES = ROOT / "plugins" / "module_utils"
FOLDER = "ansible_collections/quorum/etcd/plugins/module_utils"
PACKAGE = FOLDER.replace("/", ".")
PARENTS = [FOLDER.rsplit("/", depth)[0] for depth in range(1, 5)]

# How often each file of the archive is compiled while a part of the collection is imported from it, and what becomes of
# it.
IMPORT = """
import collections, importlib, json, sys, zipimport
archive, first = sys.argv[1:]
sys.path.insert(0, archive)
compiled = collections.Counter()
plain = zipimport._compile_source
def counted(path, source):
    compiled[path[len(archive):].lstrip("/")] += 1
    return plain(path, source)
zipimport._compile_source = counted
importlib.import_module(first)
found = {name: [one.__file__, one.__spec__.origin, list(getattr(one, "__path__", []))]
         for name, one in sys.modules.items() if name.startswith("ansible_collections.quorum")}
print(json.dumps([compiled, found]))
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("payload") / "payload.zip"
    with zipfile.ZipFile(path, "w") as payload:
        for folder in (FOLDER, *PARENTS):
            payload.writestr(f"{folder}/__init__.py", "")
        for file in sorted(SOURCES.rglob("*.py")):
            payload.write(file, f"{FOLDER}/{file.relative_to(SOURCES)}")
    return path


def imported(archive: Path) -> tuple[dict[str, int], dict[str, list]]:
    result = subprocess.run(
        [sys.executable, "-c", IMPORT, str(archive), f"{PACKAGE}._module.results"],
        capture_output=True,
        text=True,
        check=True,
    )
    compiled, found = json.loads(result.stdout)
    return compiled, found


def test_a_file_in_an_archive_is_compiled_once(archive):
    compiled, _found = imported(archive)
    for folder in ("_client", "_membership"):
        times = {path: count for path, count in compiled.items() if f"/{folder}/" in path}
        assert len(times) > 2
        assert set(times.values()) == {1}, times


def test_a_module_knows_its_file_and_a_package_its_folder(archive):
    _compiled, found = imported(archive)
    place = archive / FOLDER
    assert found[f"{PACKAGE}._membership.report"] == [str(place / "_membership/report.py")] * 2 + [[]]
    assert found[f"{PACKAGE}._membership"] == [str(place / "_membership/__init__.py")] * 2 + [
        [str(place / "_membership")]
    ]


def test_outside_an_archive_nothing_is_changed():
    code = f"import sys; before = list(sys.meta_path); import {PACKAGE}._module; print(sys.meta_path == before)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / ".cache" / "collections", capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "True"
