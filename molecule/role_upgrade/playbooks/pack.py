# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs etcd releases of the test bed as upstream packs its own, each with its checksum beside it."""

from __future__ import annotations

import hashlib
import sys
import tarfile
from pathlib import Path

from tests.testbed import releases


def pack(folder: Path, version: str) -> None:
    release = releases.find(version)
    archive = folder / f"etcd-{version}.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        for program in (release.etcd, release.etcdctl):
            packed.add(program, f"etcd-v{version}-linux-amd64/{program.name}")
    archive.with_name(f"{archive.name}.checksum").write_text(
        f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    )


if __name__ == "__main__":
    for each in sys.argv[2:]:
        pack(Path(sys.argv[1]), each)
