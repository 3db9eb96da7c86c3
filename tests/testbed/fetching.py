# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gets etcd releases that this machine has not, each from the first of its sources that gives it.

Clones and processes that fetch at the same time wait for each other, release by release, and what one has fetched the
next one finds. A release appears in the cache whole, by one rename.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import cache, catalogue, debian_packages, go_modules, official_archive, releases
from .release_cache import FetchFailed

SECONDS_FOR_ANOTHER = 1800
"""The longest that another process is waited for which fetches the same release."""
BUILDS_SIDE_BY_SIDE = 2
"""Each has phases with one process and phases with many."""
OF_ANY_RELEASE = (go_modules.SOURCE, official_archive.SOURCE)

_builds = threading.Semaphore(BUILDS_SIDE_BY_SIDE)


@dataclass(frozen=True)
class Fetched:
    """What became of one release: where it came from and what that took in seconds, or why it is not here."""

    version: str
    source: str | None
    problem: str = ""
    seconds: float = 0.0


def missing(wanted: Iterable[str] = ()) -> list[str]:
    """Those of the versions that are not on this machine; of the whole catalogue, if none are named.

    Raises LookupError for a minor that is not in the catalogue.
    """
    here = releases.available()
    versions = [catalogue.exact(each) for each in wanted] or list(catalogue.load())
    return [version for version in dict.fromkeys(versions) if version not in here]


def fetch(versions: Sequence[str], tell: Callable[[Fetched], None]) -> None:
    """Fetches these versions, all at once, and tells of each as it ends; never raises for one that fails."""
    known = catalogue.load()
    with ThreadPoolExecutor(max(1, len(versions))) as pool:
        for _ in pool.map(lambda version: tell(_fetch_or_say_why(version, known)), versions):
            pass


def _fetch_or_say_why(version: str, known: Mapping[str, Sequence[str]]) -> Fetched:
    started = time.monotonic()
    sources = dict.fromkeys((*known.get(version, OF_ANY_RELEASE), official_archive.SOURCE))
    try:
        with cache.locked(f"etcd-{version}", SECONDS_FOR_ANOTHER):
            source, problem = _from_the_first_of(sources, version)
    except cache.CacheUnusable as unusable:
        source, problem = None, str(unusable)
    return Fetched(version, source, problem, time.monotonic() - started)


def _from_the_first_of(sources: Iterable[str], version: str) -> tuple[str | None, str]:
    if cached := releases.cached().get(version):
        return cached.source, ""
    problems = []
    for source in sources:
        try:
            _fetch_from(source, version)
        except FetchFailed as failed:
            problems.append(f"{source}: {failed}")
        except OSError as failed:
            problems.append(f"{source}: {failed.filename or releases.CACHE}: {failed.strerror}")
        else:
            return source, ""
    return None, "; ".join(problems)


def _fetch_from(source: str, version: str) -> None:
    if source == go_modules.SOURCE:
        with _builds:
            go_modules.fetch(version)
    elif source == official_archive.SOURCE:
        official_archive.fetch(version)
    else:
        debian_packages.fetch(source.removeprefix(debian_packages.SOURCE), version)
