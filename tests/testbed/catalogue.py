# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which etcd releases the tests need, and where each is to be had: ``releases.toml`` as data."""

from __future__ import annotations

from pathlib import Path

import tomllib

FILE = Path(__file__).with_name("releases.toml")
OLDEST_TESTED_MINOR = (3, 4)


def numbers(version: str) -> tuple[int, ...]:
    """`3.5.30` as numbers, to be compared."""
    return tuple(int(part) for part in version.split("."))


def minor(version: str) -> str:
    """`3.5` of `3.5.30`."""
    return ".".join(version.split(".")[:2])


def load(file: Path = FILE) -> dict[str, tuple[str, ...]]:
    """The sources of each release, by its version."""
    return {version: tuple(sources) for version, sources in tomllib.loads(file.read_text()).items()}


def tested_minors() -> tuple[str, ...]:
    """The minors that every test of a behaviour must pass on, oldest first."""
    known = (minor(version) for version in load())
    return tuple(dict.fromkeys(each for each in known if numbers(each) >= OLDEST_TESTED_MINOR))


def exact(wanted: str) -> str:
    """The newest version of the catalogue that is of this minor (``3.6``); an exact one as it is.

    Raises LookupError for a minor of which the catalogue has none.
    """
    if wanted.count(".") > 1:
        return wanted
    fitting = [version for version in load() if minor(version) == wanted]
    if not fitting:
        raise LookupError(f"no etcd {wanted} is in {FILE.name}; name a release in full, such as {wanted}.1")
    return max(fitting, key=numbers)
