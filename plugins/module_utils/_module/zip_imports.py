# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Importing the collection's code from the archive that Ansible sends with each task, at half the cost.

An archive holds sources only, and Python's zipimport compiles a module twice: once to tell its file name, when it is
looked for, and once to run it (Lib/zipimport.py, find_spec and get_filename). At some forty modules a task that is more
than everything that is asked of etcd. The finder below names the file without compiling.
"""

from __future__ import annotations

import os
import sys
import typing as t
from importlib.machinery import ModuleSpec
from zipimport import ZipImportError, zipimporter

if t.TYPE_CHECKING:
    from types import ModuleType

# Of this collection alone: nobody else's imports are touched.
_OURS = __name__.rsplit(".", 2)[0] + "."


class SingleCompilation:
    """Finds modules of this collection in an archive; for all others the next finder is asked."""

    @staticmethod
    def find_spec(fullname: str, path: t.Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if not path or not fullname.startswith(_OURS):
            return None
        importer, name = _importer(path[0]), fullname.rpartition(".")[2]
        if importer is None:
            return None
        try:
            is_package = importer.is_package(name)
        except ImportError:
            return None
        place = os.path.join(path[0], name)
        file = os.path.join(place, "__init__.py") if is_package else place + ".py"
        spec = ModuleSpec(fullname, t.cast("t.Any", importer), origin=file, is_package=is_package)
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(place)
        return spec


def _importer(folder: str) -> zipimporter | None:
    """The importer of a folder, which Python makes when it first looks there; None where that is not in an archive."""
    known = sys.path_importer_cache.get(folder)
    if known is None:
        try:
            sys.path_importer_cache[folder] = known = zipimporter(folder)
        except ZipImportError:
            return None
    return known if isinstance(known, zipimporter) else None


def compile_once() -> None:
    """From now on; does nothing where the collection is not in an archive."""
    if isinstance(getattr(__spec__, "loader", None), zipimporter):
        sys.meta_path.insert(0, SingleCompilation)
