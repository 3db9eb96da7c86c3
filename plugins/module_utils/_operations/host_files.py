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
        return f"{self.owner}:{self.group} {self.mode:04o}"


@dataclass(frozen=True)
class Directory:
    """A directory; an `exclusive` one holds nothing but the files that are given with it."""

    path: str
    access: Access
    is_exclusive: bool = False


@dataclass(frozen=True)
class File:
    """A file. What a secret one holds is never told."""

    path: str
    content: str
    access: Access
    is_secret: bool = False


@dataclass(frozen=True)
class Difference:
    """What was other than wanted, in words or as the content before and after; None stands for what is not there, or
    not told.
    """

    path: str
    before: str | None
    after: str | None
    is_content: bool = False


def settle(directories: t.Sequence[Directory], files: t.Sequence[File], check: bool = False) -> tuple[Difference, ...]:
    """Makes what is missing or other than wanted, and returns what that was; with `check` it only looks.

    It looks at everything before it changes anything. Files are all written beside their places first and then renamed
    in their order, so that nobody finds half a file, and a key and its certificate, one after the other in the list,
    differ for no more than a moment.

    Raises HostFileProblem.
    """
    try:
        differences = tuple(_differences(directories, files))
        if not check:
            _require_owners([*directories, *files])
            _make(directories, files)
            _replace(files)
        return differences
    except OSError as error:
        raise HostFileProblem(
            "{}: {}. Correct that, then run this again".format(
                error.filename or "a file", os.strerror(error.errno or errno.EIO)
            )
        ) from error


def _differences(directories: t.Sequence[Directory], files: t.Sequence[File]) -> t.Iterator[Difference]:
    for directory in directories:
        yield from _difference_of_directory(directory, files)
    for file in files:
        before = _content(file.path)
        if before == file.content.encode("utf-8"):
            yield from _difference_of_access(file)
        else:
            yield _other_content(file, before)


def _difference_of_directory(wanted: Directory, files: t.Sequence[File]) -> t.Iterator[Difference]:
    if not os.path.isdir(wanted.path):
        _require_room(wanted.path)
        yield Difference(wanted.path, "absent", f"directory, {wanted.access}")
        return
    others = _others_in(wanted, files)
    if others:
        yield Difference(
            wanted.path, "directory that also holds {}".format(", ".join(others)), "directory without them"
        )
    yield from _difference_of_access(wanted)


def _require_room(path: str) -> None:
    """Whether a directory can be made there: nothing else bears its name, or that of one above it."""
    if os.path.lexists(path):
        raise HostFileProblem(f"{path} exists and is not a directory. Move it away, then run this again")
    above = os.path.dirname(path)
    if above != path and not os.path.isdir(above):
        _require_room(above)


def _others_in(directory: Directory, files: t.Sequence[File]) -> list[str]:
    if not directory.is_exclusive:
        return []
    return sorted(
        {*os.listdir(directory.path)}
        - {os.path.basename(file.path) for file in files if os.path.dirname(file.path) == directory.path}
    )


def _difference_of_access(wanted: Directory | File) -> t.Iterator[Difference]:
    found = os.stat(wanted.path)
    mode, access = stat.S_IMODE(found.st_mode), wanted.access
    if mode != access.mode or not _is_user(found.st_uid, access.owner) or not _is_group(found.st_gid, access.group):
        yield Difference(
            wanted.path, str(Access(_user_name(found.st_uid), _group_name(found.st_gid), mode)), str(access)
        )


def _require_owners(wanted: t.Iterable[Directory | File]) -> None:
    for access in {one.access for one in wanted}:
        _user_id(access.owner)
        _group_id(access.group)


def _make(directories: t.Sequence[Directory], files: t.Sequence[File]) -> None:
    for directory in directories:
        if not os.path.isdir(directory.path):
            _make_parents(os.path.dirname(directory.path))
            os.mkdir(directory.path, 0o700)
        for name in _others_in(directory, files):
            _remove(os.path.join(directory.path, name))
        _give(directory.path, directory.access)


def _make_parents(path: str) -> None:
    """Readable by everybody, whatever the user that runs the module keeps to itself."""
    before = os.umask(0o022)
    try:
        os.makedirs(path, exist_ok=True)
    finally:
        os.umask(before)


def _replace(files: t.Sequence[File]) -> None:
    others = [file for file in files if _content(file.path) != file.content.encode("utf-8")]
    try:
        for file in others:
            _write_beside(file)
        for file in others:
            os.rename(file.path + _NEW, file.path)
    finally:
        for file in files:
            _remove_beside(file)
    for file in files:
        _give(file.path, file.access)
    for folder in sorted({os.path.dirname(file.path) for file in others}):
        _sync_directory(folder)


def _other_content(wanted: File, before: bytes | None) -> Difference:
    if wanted.is_secret:
        return Difference(
            wanted.path,
            None if before is None else "a secret",
            "another secret" if before else f"a secret, {wanted.access}",
        )
    return Difference(
        wanted.path, None if before is None else before.decode("utf-8", "replace"), wanted.content, is_content=True
    )


def _content(path: str) -> bytes | None:
    if os.path.isdir(path):
        raise HostFileProblem(f"{path} is a directory and not a file. Move it away, then run this again")
    if os.path.islink(path):
        # The link is replaced, whatever it points to: that belongs to somebody else, its owner and permissions too.
        return None
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


def _give(path: str, access: Access) -> None:
    os.chown(path, _user_id(access.owner), _group_id(access.group))
    os.chmod(path, access.mode)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


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
        raise HostFileProblem(f"there is no {kind} {name} on this host. Create it first")
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
