# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches the etcd packages of several Debian suites into the user's cache, without installing them.

The mirror is the one that the machine itself is configured with: apt is asked for it, so both forms of its source
files are understood. apt works in a private state folder, and the machine's own lists and packages stay untouched.

Clones and processes that fetch at the same time wait for each other, suite by suite, and what one has fetched the next
one finds. A release appears in the cache whole, by one rename.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import cache
from .releases import CACHE

SUITES = {"bullseye": "3.3", "bookworm": "3.4", "trixie": "3.5", "forky": "3.5"}
"""Debian 11 to 14, and the minor of etcd that each packages (3.3.25, 3.4.23, 3.5.16 and 3.5.30)."""
DEVELOPMENT_SUITES = ("forky",)
"""Not yet released: a mirror that stands still for a week makes their Release file expire."""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SECONDS_FOR_APT = 300
SECONDS_FOR_ANOTHER = 900
"""The longest that another process is waited for which fetches the same suite."""


class FetchFailed(Exception):
    """The package of one suite could not be had; the text says why, in one line."""


@dataclass(frozen=True)
class Fetched:
    """What became of one suite: the version that is now in the cache, or why there is none."""

    suite: str
    version: str | None
    problem: str = ""


def not_cached() -> tuple[str, ...]:
    """The suites whose etcd is not in the cache."""
    return tuple(suite for suite in SUITES if _cached_version(suite) is None)


def fetch(suites: Sequence[str]) -> list[Fetched]:
    """Fetches every suite whose etcd is not in the cache yet, at once; never raises for a suite that fails."""
    with ThreadPoolExecutor(len(suites)) as pool:
        return list(pool.map(_fetch_or_say_why, suites))


def _fetch_or_say_why(suite: str) -> Fetched:
    try:
        with cache.locked(f"etcd-of-{suite}", SECONDS_FOR_ANOTHER):
            return Fetched(suite, _cached_version(suite) or _fetch_suite(suite))
    except (FetchFailed, cache.CacheUnusable) as problem:
        return Fetched(suite, None, str(problem))
    except OSError as problem:
        return Fetched(suite, None, f"{problem.filename or CACHE}: {problem.strerror}")


def _source_of(suite: str) -> str:
    return f"Debian {suite}"


def _cached_version(suite: str) -> str | None:
    for note in CACHE.glob("*/source"):
        if note.read_text().strip() == _source_of(suite):
            return note.parent.name
    return None


def _fetch_suite(suite: str) -> str:
    *others, last = _configured_mirrors()
    for mirror in others:
        with suppress(FetchFailed):
            return _fetch_from(mirror, suite)
    return _fetch_from(last, suite)


def _fetch_from(mirror: str, suite: str) -> str:
    CACHE.mkdir(parents=True, exist_ok=True)
    for left_by_a_killed_process in CACHE.glob(f".{suite}-*"):
        shutil.rmtree(left_by_a_killed_process, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f".{suite}-", dir=CACHE) as work:
        folder = Path(work)
        _update(folder, suite, mirror)
        _apt(folder, "download", "etcd-server", "etcd-client", cwd=folder)
        for package in folder.glob("*.deb"):
            _run(["dpkg", "-x", str(package), str(folder / "root")])
        return _into_the_cache(folder / "root" / "usr" / "bin", suite)


def _into_the_cache(binaries: Path, suite: str) -> str:
    answer = _run([str(binaries / "etcd"), "--version"])
    found = re.search(r"etcd Version: (\d+\.\d+\.\d+)", answer)
    if found is None:
        raise FetchFailed(f"the etcd of Debian {suite} does not say its version: {answer.strip()[:80]}")
    version = found.group(1)
    prepared = binaries.parent / "prepared"
    prepared.mkdir()
    for program in ("etcd", "etcdctl", "etcdutl"):
        if (binaries / program).exists():
            shutil.move(binaries / program, prepared / program)
    (prepared / "source").write_text(_source_of(suite) + "\n")
    _put(prepared, CACHE / version)
    return version


def _put(prepared: Path, target: Path) -> None:
    """Gives a finished folder its name.

    One that has it already is moved out of the way: an etcd that runs from it goes on running.
    """
    with suppress(FileNotFoundError):
        target.rename(prepared.with_name("replaced"))
    prepared.rename(target)


def _configured_mirrors() -> list[str]:
    """The addresses of archives with a ``main`` component among the machine's own sources, in their order.

    Whether one of them is Debian's own is decided by its signature, when it is used.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise FetchFailed("apt-get and dpkg are needed, and this machine has none")
    # What apt would download: that it tells of both forms of source files, before any list was downloaded, and to
    # anyone.
    wanted = _run(["apt-get", "update", "--print-uris"])
    mirrors = re.findall(r"^'(\S+?)dists/[a-z]+/main/binary-", wanted, re.MULTILINE)
    if not mirrors:
        raise FetchFailed("apt has no source of Debian's main archive configured")
    return list(dict.fromkeys(mirrors))


def _update(folder: Path, suite: str, mirror: str) -> None:
    key = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    (folder / "sources.list").write_text(f"deb {key}{mirror} {suite} main\n")
    (folder / "status").touch()
    (folder / "lists").mkdir()
    try:
        _apt(folder, "update")
    except FetchFailed as problem:
        if suite not in DEVELOPMENT_SUITES or "expired" not in str(problem):
            raise
        (folder / "apt.conf").write_text('Acquire::Check-Valid-Until "false";\n')
        _apt(folder, "update")


def _apt(folder: Path, *command: str, cwd: Path | None = None) -> str:
    options = {
        "Dir::State": folder,
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferences": "-",
        "Dir::Etc::preferencesparts": "-",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        "APT::Update::Error-Mode": "any",
    }
    arguments = [argument for name, value in options.items() for argument in ("-o", f"{name}={value}")]
    if (folder / "apt.conf").exists():
        arguments += ["-c", str(folder / "apt.conf")]
    return _run(["apt-get", "--quiet", *arguments, *command], cwd=cwd)


def _run(command: list[str], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=SECONDS_FOR_APT,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise FetchFailed(f"`{' '.join(command[:1])} {command[-1]}` took longer than {SECONDS_FOR_APT} s") from None
    if done.returncode != 0:
        said = (
            [line for line in done.stderr.splitlines() if line.startswith("E:")]
            or done.stderr.splitlines()
            or ["no output"]
        )
        raise FetchFailed(f"{Path(command[0]).name} {command[-1]}: {' '.join(said)[:300]}")
    return done.stdout
