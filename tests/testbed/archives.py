# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Release archives as etcd publishes them, made of the releases of the test bed."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

from . import releases


def pack(folder: Path, version: str) -> Path:
    """Writes the archive of a release, and its checksum beside it. Raises ReleaseMissing."""
    release = releases.find(version)
    archive = folder / f"etcd-{version}.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        for program in (release.etcd, release.etcdctl):
            packed.add(program, f"etcd-v{version}-linux-amd64/{program.name}")
    checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
    archive.with_name(f"{archive.name}.checksum").write_text(f"sha256:{checksum}")
    return archive
