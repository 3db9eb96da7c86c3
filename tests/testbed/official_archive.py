# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches the archive of a release that etcd's project publishes, into the user's cache, its checksum verified."""

from __future__ import annotations

import hashlib
import http.client
import platform
import shutil
import tarfile
import urllib.request
from pathlib import Path

from .release_cache import PROGRAMS, FetchFailed, keep, working_folder

SOURCE = "official archive"
SITE = "https://github.com/etcd-io/etcd/releases/download"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "ppc64le": "ppc64le", "s390x": "s390x"}
SECONDS = 30
"""The longest that the site may say nothing."""


def fetch(version: str) -> str:
    """Fetches that version. Raises FetchFailed; holds no lock."""
    architecture = ARCHITECTURES.get(platform.machine())
    if platform.system() != "Linux" or architecture is None:
        raise FetchFailed(f"there is no archive for {platform.system()} on {platform.machine()}")
    name = f"etcd-v{version}-linux-{architecture}.tar.gz"
    with working_folder(f"archive-{version}") as folder:
        try:
            _download(f"{SITE}/v{version}/SHA256SUMS", folder / "SHA256SUMS")
            _download(f"{SITE}/v{version}/{name}", folder / name)
        except (OSError, http.client.HTTPException) as problem:
            raise FetchFailed(f"{SITE.split('/')[2]} does not give it: {_reason(problem)}") from None
        _verify(folder / name, folder / "SHA256SUMS")
        _unpack(folder / name, folder / "programs")
        return keep(folder / "programs", SOURCE)


def _download(url: str, target: Path) -> None:
    with urllib.request.urlopen(url, timeout=SECONDS) as answer, target.open("wb") as file:
        shutil.copyfileobj(answer, file)


def _reason(problem: Exception) -> str:
    return " ".join(str(problem).split())


def _verify(archive: Path, sums: Path) -> None:
    expected = {name: value for value, _, name in (line.partition("  ") for line in sums.read_text().splitlines())}
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if expected.get(archive.name) != found:
        raise FetchFailed(f"the checksum of {archive.name} is {found}, and not the published one")


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(archive) as packed:
        for each in packed:
            if each.isfile() and each.name.count("/") == 1 and (name := Path(each.name).name) in PROGRAMS:
                content = packed.extractfile(each)
                assert content
                with (folder / name).open("wb") as file:
                    shutil.copyfileobj(content, file)
                (folder / name).chmod(0o755)
