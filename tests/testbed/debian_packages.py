# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches the etcd packages of a Debian suite into the user's cache, without installing them.

The mirror is the one that the machine itself is configured with: apt is asked for it, so both forms of its source
files are understood. apt works in a private state folder, and the machine's own lists and packages stay untouched.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from . import release_cache
from .release_cache import FetchFailed, keep, working_folder

SOURCE = "Debian "
"""What the name of this source begins with; the suite follows."""
DEVELOPMENT_SUITES = ("forky",)
"""Not yet released: a mirror that stands still for a week makes their Release file expire."""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SECONDS_FOR_APT = 300


def fetch(suite: str, version: str) -> str:
    """Fetches what that suite packages, if it is that version or not. Raises FetchFailed where it is not; holds no
    lock.
    """
    fetched = _fetch_suite(suite)
    if fetched != version:
        raise FetchFailed(f"it packages {fetched} now")
    return fetched


def _fetch_suite(suite: str) -> str:
    *others, last = _configured_mirrors()
    for mirror in others:
        with suppress(FetchFailed):
            return _fetch_from(mirror, suite)
    return _fetch_from(last, suite)


def _fetch_from(mirror: str, suite: str) -> str:
    with working_folder(suite) as folder:
        _update(folder, suite, mirror)
        _apt(folder, "download", "etcd-server", "etcd-client", cwd=folder)
        for package in folder.glob("*.deb"):
            _run(["dpkg", "-x", str(package), str(folder / "root")])
        return keep(folder / "root" / "usr" / "bin", SOURCE + suite)


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
    return release_cache.run(f"{Path(command[0]).name} {command[-1]}", command, SECONDS_FOR_APT, cwd)
