# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The file on a host that records which run holds the lease of a cluster.

It lies in memory, so it ends with the host. Whoever reads, decides and writes holds a lock on the directory meanwhile,
so of two runs at once exactly one finds the lease free.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
import time
import typing as t

from .._membership.refusal import Refusal
from .._membership.run_lease import Instant, Lease, lease_data, lease_of

_SUFFIX = ".lease"
# Nobody holds the lock for longer than it takes to read and write one small file.
SECONDS_FOR_THE_LOCK = 10.0
_PAUSE = 0.02
_BOOT_ID = "/proc/sys/kernel/random/boot_id"

Decision = t.Union[Lease, Refusal, None]


class LeaseProblem(Exception):
    """Why the file cannot be used; the message says what was seen and what to do."""


def now() -> Instant:
    """The clock that counts from the boot of the host, also while it sleeps, and that nobody can set."""
    with open(_BOOT_ID, encoding="ascii") as file:
        return Instant(file.read().strip(), time.clock_gettime(time.CLOCK_BOOTTIME))


def change(
    directory: str, name: str, decide: t.Callable[[Lease | None, Instant], Decision], check: bool = False
) -> Decision:
    """Reads the lease, and writes the one that is decided upon; with `check` it only reads. Raises LeaseProblem."""
    try:
        if check and not os.path.lexists(directory):
            return decide(None, now())
        with _locked(directory) as folder:
            decision = decide(_read(folder, directory, name), now())
            if isinstance(decision, Lease) and not check:
                _write(folder, name, decision)
            return decision
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO)
        raise LeaseProblem(
            f"the lease of this run in {directory}: {reason}. Correct that, then run this again"
        ) from error


@contextlib.contextmanager
def _locked(directory: str) -> t.Iterator[int]:
    """The directory, open and locked."""
    folder = _open(directory)
    try:
        _lock(folder, directory)
        yield folder
    finally:
        os.close(folder)


def _open(directory: str) -> int:
    with contextlib.suppress(FileExistsError):
        os.mkdir(directory, 0o700)
    try:
        folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise LeaseProblem(f"{directory} is not a directory. Remove it, then run this again") from error
        raise
    found = os.fstat(folder)
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        os.close(folder)
        raise LeaseProblem(
            f"others can write in {directory} (owner {found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o}). Remove "
            "it, then run this again"
        )
    return folder


def _lock(folder: int, directory: str) -> None:
    deadline = time.monotonic() + SECONDS_FOR_THE_LOCK
    while True:
        try:
            return fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LeaseProblem(
                    f"another process has locked {directory} for {SECONDS_FOR_THE_LOCK:.0f} s. Look for it with fuser, "
                    "then run this again"
                ) from None
            time.sleep(_PAUSE)


def _read(folder: int, directory: str, name: str) -> Lease | None:
    path = os.path.join(directory, name + _SUFFIX)
    try:
        descriptor = os.open(name + _SUFFIX, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            return lease_of(json.loads(file.read()))
        except (KeyError, TypeError, ValueError) as error:
            raise LeaseProblem(f"{path} is not a lease of this release. Remove it if no run is in progress") from error


def _write(folder: int, name: str, lease: Lease) -> None:
    beside = f".{name}{_SUFFIX}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(beside, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(beside, flags, 0o600, dir_fd=folder), "w", encoding="utf-8") as file:
        json.dump(lease_data(lease), file)
    os.rename(beside, name + _SUFFIX, src_dir_fd=folder, dst_dir_fd=folder)
