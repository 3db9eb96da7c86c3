# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache folder of this user, shared by all clones: what one of them has fetched, the others find.

It is ``QUORUM_ETCD_CACHE``, or ``quorum-etcd`` in ``XDG_CACHE_HOME`` (``~/.cache``).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

OVERRIDE = "QUORUM_ETCD_CACHE"
SECONDS_BETWEEN_LOOKS = 0.1


class CacheUnusable(Exception):
    """Nothing can be put into the cache; the text says in one line why, and what to do."""


def folder() -> Path:
    """The cache folder, whether or not it exists yet."""
    chosen = os.environ.get(OVERRIDE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "quorum-etcd"


@contextlib.contextmanager
def locked(name: str, seconds: float) -> Iterator[None]:
    """Keeps every other thread, process and clone out of the same lines.

    Raises CacheUnusable after that many seconds of waiting.
    """
    path = folder() / "locks" / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as problem:
        raise CacheUnusable(
            f"cannot write to {folder()}: {problem.strerror}; name another folder in {OVERRIDE}"
        ) from problem
    with lock:
        _take(lock.fileno(), path, time.monotonic() + seconds)
        yield


def _take(lock: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise CacheUnusable(f"another process has held {path} for too long; see `fuser {path}`") from None
            time.sleep(SECONDS_BETWEEN_LOOKS)
