# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Looking at the service that runs etcd on this host: its process, and what that was started with."""

from __future__ import annotations

import contextlib
import os
import typing as t
from dataclasses import dataclass

from .data_dir import log_directory

# Runs a command and returns its exit code, output and errors.
Runner = t.Callable[[t.List[str]], t.Tuple[int, str, str]]

# What belongs to etcd in an environment. The variables of the first start count only once, and so never make a process
# outdated.
_MARK = "QUORUM_ETCD_"
_PREFIXES = ("ETCD_", _MARK)
_FIRST_START_ONLY = frozenset(
    (
        "ETCD_INITIAL_CLUSTER",
        "ETCD_INITIAL_CLUSTER_STATE",
        "ETCD_INITIAL_CLUSTER_TOKEN",
        "ETCD_INITIAL_ADVERTISE_PEER_URLS",
    )
)
_DATA_DIR, _WAL_DIR = "ETCD_DATA_DIR", "ETCD_WAL_DIR"
# The kernel's mark on the path of a program whose file was replaced while it runs.
_REPLACED = " (deleted)"


# Linux's CAP_SYS_ADMIN (include/uapi/linux/capability.h).
_SYS_ADMIN = 1 << 21


@dataclass(frozen=True)
class Service:
    """A systemd unit: whether there is one, whether it starts at boot, and its main process (0: none).

    While it `needs_reload`, its file was changed, and systemd still works with what it read before.
    """

    is_known: bool = False
    is_enabled: bool = False
    state: str = "inactive"
    pid: int = 0
    needs_reload: bool = False


def find_service(run: Runner, name: str) -> Service:
    """The unit as systemd has it; an unknown one where there is no systemd."""
    properties = "--property=LoadState,ActiveState,UnitFileState,MainPID,NeedDaemonReload"
    code, output, _errors = run(["systemctl", "show", properties, name])
    if code:
        return Service()
    found = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    return Service(
        is_known=found.get("LoadState") == "loaded",
        is_enabled=found.get("UnitFileState") == "enabled",
        state=found.get("ActiveState", "inactive"),
        pid=int(found.get("MainPID") or 0),
        needs_reload=found.get("NeedDaemonReload") == "yes",
    )


def can_sandbox() -> bool:
    """Whether the init system may filter the system calls of a service that runs as another user; in a container
    without privileges it may not.
    """
    try:
        with open("/proc/1/status", encoding="ascii") as status:
            effective = next((line for line in status if line.startswith("CapEff:")), "CapEff: 0")
    except OSError:
        return False
    return bool(int(effective.split()[1], 16) & _SYS_ADMIN)


def outdated(pid: int, wanted: t.Mapping[str, str]) -> list[str]:
    """What a restart would bring the process: names of settings that it was not started with, or no longer should be,
    and `etcd` for another program.
    """
    try:
        entries = _environment(pid)
        with _in_the_place_of(pid):
            program = os.readlink(f"/proc/{pid}/exe")
    except FileNotFoundError:
        return []  # ended since; whoever starts it will give it today's settings
    has = {name: value for name, value in entries.items() if name.startswith(_PREFIXES)}
    names = {name for name in {*has, *wanted} - _FIRST_START_ONLY if has.get(name) != wanted.get(name)}
    return sorted(names) + (["etcd"] if program.endswith(_REPLACED) else [])


def marks(pid: int) -> dict[str, str]:
    """The variables by which a role marks what it started a process with; none where the process has ended."""
    try:
        return {name: value for name, value in _environment(pid).items() if name.startswith(_MARK)}
    except FileNotFoundError:
        return {}


@dataclass(frozen=True)
class Places:
    """Where an etcd keeps its data, and its write-ahead log; empty where it does not say."""

    data_dir: str = ""
    wal_dir: str = ""


def places_of(pid: int) -> Places:
    """Where an etcd process was started to keep its data. It says nothing once it has ended.

    A flag on the command line goes before the environment (etcd server/etcdmain/config.go).
    """
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
            words = cmdline.read().decode("utf-8", "replace").split("\0")
        named = _environment(pid)
    except FileNotFoundError:
        return Places()
    for word, following in zip(words, [*words[1:], ""]):
        flag, equals, value = word.partition("=")
        variable = _PLACE_FLAGS.get(flag.lstrip("-")) if flag.startswith("-") else None
        if variable:
            named[variable] = value if equals else following
    return places_in(named)


_PLACE_FLAGS = {"data-dir": _DATA_DIR, "wal-dir": _WAL_DIR}


def places_in(settings: t.Mapping[str, str]) -> Places:
    """Where an etcd with these settings keeps its data."""
    data_dir, wal_dir = settings.get(_DATA_DIR, ""), settings.get(_WAL_DIR, "")
    return Places(
        os.path.normpath(data_dir) if data_dir else "",
        log_directory(data_dir, wal_dir) if data_dir or wal_dir else "",
    )


def _environment(pid: int) -> dict[str, str]:
    with _in_the_place_of(pid), open(f"/proc/{pid}/environ", "rb") as environ:
        entries = environ.read().decode("utf-8", "replace").split("\0")
    return {name: value for name, _equals, value in (entry.partition("=") for entry in entries)}


@contextlib.contextmanager
def _in_the_place_of(pid: int) -> t.Iterator[None]:
    """For a moment with the process's own user and group: in a container even root may look at no one else's
    environment.
    """
    owner = os.stat(f"/proc/{pid}")
    user, group = os.geteuid(), os.getegid()
    if user != 0:
        yield
        return
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(user)
        os.setegid(group)


def variables_in(path: str) -> dict[str, str]:
    """The variables in a file for systemd, such as that for a member's first start; none where there is no such
    file.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip('"') for name, value in pairs}


def release_of(run: Runner, program: str) -> str:
    """The etcd release that a program is, such as 3.5.16; empty where there is no such program."""
    code, output, _errors = run([program, "--version"])
    words = output.split("etcd Version:", 1)
    return words[1].split()[0] if code == 0 and len(words) == 2 and words[1].split() else ""
