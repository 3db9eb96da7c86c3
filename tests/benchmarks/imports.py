# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each import inside a function of the collection saves a task that does not come to it.

Measured as a task imports: our code from an archive of sources, each module compiled at every run, the standard library
from its compiled files. What the importing module has loaded already costs nothing and is not counted.
"""

from __future__ import annotations

import ast
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import resolve_name
from pathlib import Path

from .figures import Target

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.quorum.etcd"
MODULE_UTILS = Path("plugins/module_utils")
WHAT_A_TASK_LOADS = f"{PACKAGE}.plugins.module_utils._module.etcd_member"
LEAST_MILLISECONDS = 0.5
"""What an import inside a function has to save to be worth its place."""
CHILD = """
import importlib, sys, time
import ansible.module_utils.basic
importlib.import_module(sys.argv[1]).compile_once()
for name in sys.argv[2].split():
    importlib.import_module(name)
began = time.perf_counter()
for name in sys.argv[3].split():
    importlib.import_module(name)
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class LateImport:
    """One function's imports: where it stands, and what it loads."""

    file: Path
    function: str
    names: tuple[str, ...]

    @property
    def importer(self) -> str:
        return ".".join((PACKAGE, *self.file.with_suffix("").parts))


def late_imports() -> list[LateImport]:
    """All imports inside functions of `plugins/module_utils`, in the order of files and lines."""
    return [found for path in sorted((ROOT / MODULE_UTILS).rglob("*.py")) for found in _of_file(path)]


def _of_file(path: Path) -> Iterator[LateImport]:
    file = path.relative_to(ROOT)
    package = ".".join((PACKAGE, *file.parent.parts))
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef):
            names = [name for node in ast.walk(function) for name in _names(node, package)]
            if names:
                yield LateImport(file, function.name, tuple(names))


def _names(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.module is None:
        return [resolve_name("." * node.level + alias.name, package) for alias in node.names]
    return [resolve_name("." * node.level + node.module, package)]


def measure(rounds: int) -> list[Target]:
    """Prints the milliseconds that each saves, beside those of all that `etcd_member` loads before it asks etcd."""
    late = late_imports()
    with tempfile.TemporaryDirectory() as folder:
        archive = _archive(Path(folder))
        always = _median(archive, rounds, "sys", (WHAT_A_TASK_LOADS,))
        print(f"\nimports inside functions, median of {rounds}, milliseconds; etcd_member loads for {always:.1f}\n")
        saved = [_median(archive, rounds, one.importer, one.names) for one in late]
    for one, milliseconds in sorted(zip(late, saved), key=lambda pair: -pair[1]):
        place = f"{one.file.parent.name}/{one.file.name}"
        loaded = " ".join(name.rpartition(".")[2] for name in one.names)
        print(f"{milliseconds:6.1f} {milliseconds / always:5.0%}  {place:32} {loaded}")
    return [Target("imports that save less", 0, sum(ms < LEAST_MILLISECONDS for ms in saved), "of them")]


def _archive(folder: Path) -> Path:
    archive = folder / "collection.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as sources:
        for package in ("ansible_collections", "ansible_collections/quorum", "ansible_collections/quorum/etcd"):
            sources.writestr(f"{package}/__init__.py", "")
        sources.writestr("ansible_collections/quorum/etcd/plugins/__init__.py", "")
        sources.writestr("ansible_collections/quorum/etcd/plugins/module_utils/__init__.py", "")
        for path in (ROOT / MODULE_UTILS).glob("*/*.py"):
            sources.write(path, f"ansible_collections/quorum/etcd/{path.relative_to(ROOT)}")
    return archive


def _median(archive: Path, rounds: int, loaded_before: str, names: Sequence[str]) -> float:
    command = [
        sys.executable,
        "-c",
        CHILD,
        f"{PACKAGE}.plugins.module_utils._module.zip_imports",
        loaded_before,
        " ".join(names),
    ]
    environment = {**os.environ, "PYTHONPATH": str(archive), "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"}
    return 1000 * statistics.median(
        float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
        for _round in range(rounds)
    )
