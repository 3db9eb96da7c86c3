# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Directories and files of a host, brought to what they are to be."""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import pwd
import shutil
import stat
import typing as t
from dataclasses import dataclass

# Beside its place a file is written under its name with this.
_NEW = ".new"


class HostFileProblem(Exception):
    """What cannot be made as it is wanted; the message names the path, what was seen and what to do."""


@dataclass(frozen=True)
class Access:
    """Whose a path is, by names or numbers, and its permissions."""

    owner: str
    group: str
    mode: int

    def __str__(self) -> str:
        return "%s:%s %04o" % (self.owner, self.group, self.mode)


@dataclass(frozen=True)
class Directory:
    """A directory; a `fresh` one is to hold nothing of what is in it now."""

    path: str
    access: Access
    is_fresh: bool = False


@dataclass(frozen=True)
class File:
    """A file. What a secret one holds is never told."""

    path: str
    content: str
    access: Access
    is_secret: bool = False


@dataclass(frozen=True)
class Difference:
    """What was other than wanted, in words or as the content before and after; None stands for what is not there, or not told."""

    path: str
    before: str | None
    after: str | None
    is_content: bool = False


def settle(directories: t.Sequence[Directory], files: t.Sequence[File], check: bool = False) -> tuple[Difference, ...]:
    """Makes what is missing or other than wanted, and returns what that was; with `check` it only looks.

    Files are all written beside their places first and then renamed in their order, so that nobody finds half a file, and a
    key and its certificate, one after the other in the list, belong together but for a moment.

    Raises HostFileProblem.
    """
    try:
        return _settled_directories(directories, check) + _settled_files(files, check)
    except OSError as error:
        raise HostFileProblem("%s: %s" % (error.filename or "a file", os.strerror(error.errno or errno.EIO))) from error


def _settled_directories(directories: t.Sequence[Directory], check: bool) -> tuple[Difference, ...]:
    return tuple(difference for one in directories for difference in _settled_directory(one, check))


def _settled_directory(wanted: Directory, check: bool) -> t.Iterator[Difference]:
    if os.path.lexists(wanted.path) and not os.path.isdir(wanted.path):
        raise HostFileProblem("%s is no directory, and is to be one. Move it away, then run this again" % wanted.path)
    if not os.path.isdir(wanted.path):
        yield Difference(wanted.path, "absent", "directory, %s" % wanted.access)
        if not check:
            os.makedirs(os.path.dirname(wanted.path) or "/", mode=0o755, exist_ok=True)
            os.mkdir(wanted.path, 0o700)
            _give(wanted.path, wanted.access)
        return
    if wanted.is_fresh and os.listdir(wanted.path):
        yield Difference(wanted.path, "directory with %s" % ", ".join(sorted(os.listdir(wanted.path))), "empty directory")
        if not check:
            _empty(wanted.path)
    yield from _settled_access(wanted.path, wanted.access, check)


def _settled_files(files: t.Sequence[File], check: bool) -> tuple[Difference, ...]:
    before = {wanted.path: _content(wanted.path) for wanted in files}
    others = [wanted for wanted in files if before[wanted.path] != wanted.content.encode("utf-8")]
    same = [wanted for wanted in files if wanted not in others]
    if not check:
        _replace(others)
        for wanted in same:
            _remove_beside(wanted)
    access = [difference for wanted in same for difference in _settled_access(wanted.path, wanted.access, check)]
    return (*(_other_content(wanted, before[wanted.path]) for wanted in others), *access)


def _replace(files: t.Sequence[File]) -> None:
    try:
        for wanted in files:
            _write_beside(wanted)
        for wanted in files:
            os.rename(wanted.path + _NEW, wanted.path)
    finally:
        for wanted in files:
            _remove_beside(wanted)
    for folder in sorted({os.path.dirname(wanted.path) for wanted in files}):
        _sync_directory(folder)


def _other_content(wanted: File, before: bytes | None) -> Difference:
    if wanted.is_secret:
        return Difference(wanted.path, None if before is None else "a secret", "another secret" if before else "a secret, %s" % wanted.access)
    return Difference(wanted.path, None if before is None else before.decode("utf-8", "replace"), wanted.content, is_content=True)


def _content(path: str) -> bytes | None:
    if os.path.isdir(path):
        raise HostFileProblem("%s is a directory, and is to be a file. Move it away, then run this again" % path)
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _write_beside(wanted: File) -> None:
    beside = wanted.path + _NEW
    _remove_beside(wanted)
    # Nobody else can read it before it has its owner.
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(wanted.content.encode("utf-8"))
        _give(beside, wanted.access)
        file.flush()
        os.fsync(file.fileno())


def _remove_beside(wanted: File) -> None:
    """A run that failed, or one that was killed, may have left it behind."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(wanted.path + _NEW)


def _settled_access(path: str, wanted: Access, check: bool) -> t.Iterator[Difference]:
    found = os.stat(path)
    mode = stat.S_IMODE(found.st_mode)
    if mode == wanted.mode and _is_user(found.st_uid, wanted.owner) and _is_group(found.st_gid, wanted.group):
        return
    yield Difference(path, str(Access(_user_name(found.st_uid), _group_name(found.st_gid), mode)), str(wanted))
    if not check:
        _give(path, wanted)


def _give(path: str, access: Access) -> None:
    os.chown(path, _user_id(access.owner), _group_id(access.group))
    os.chmod(path, access.mode)


def _empty(path: str) -> None:
    for name in os.listdir(path):
        inner = os.path.join(path, name)
        if os.path.isdir(inner) and not os.path.islink(inner):
            shutil.rmtree(inner)
        else:
            os.unlink(inner)


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _user_id(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return _number(name, "user")


def _group_id(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return _number(name, "group")


def _number(name: str, kind: str) -> int:
    if not name.isdigit():
        raise HostFileProblem("there is no %s %s on this host. Make it first" % (kind, name))
    return int(name)


def _is_user(number: int, name: str) -> bool:
    return name in (_user_name(number), str(number))


def _is_group(number: int, name: str) -> bool:
    return name in (_group_name(number), str(number))


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
