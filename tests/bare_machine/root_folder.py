# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root folder of a bare machine, as a tar that is bootstrapped once for each recipe and kept in the user's cache
folder.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.testbed import cache

from .furnishing import PATH

SUITE = "trixie"
"""A Debian whose Python is new enough; its name, not a number, since mirrors know it by that."""
PACKAGES = ("git", "make", "python3-venv", "ca-certificates")
DROPPED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")
BOOTSTRAP_SECONDS = 900
NAMESPACES = (
    "setpriv",
    "--pdeathsig",
    "KILL",
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "--pid",
    "--fork",
    "--kill-child",
    "--ipc",
)
"""Runs a command so that it ends with whoever started it, and all that it started and mounted with it."""
PASSING = (*NAMESPACES, "sh", "-c", 'mount -t tmpfs tmpfs /tmp && exec "$@"', "sh")
"""The same with a folder for temporary files that nobody else sees."""


class NotHere(Exception):
    """This machine cannot make a bare machine; the text says in one line what it lacks, and how to get it."""


class Broken(Exception):
    """Bootstrapping failed; the text says why."""


def kept_tar(tell: Callable[[str], None]) -> Path:
    """The tar, bootstrapped if the cache does not have it yet."""
    # Only here, since the test bed's images need packages that the rest of this package does without.
    from tests.testbed.images import bootstrap
    from tests.testbed.images.errors import ImageError

    folder = cache.folder() / "bare"
    try:
        sources = bootstrap.debian_sources(SUITE)
        tar = folder / f"{SUITE}-{_recipe_hash(sources)}.tar"
        with cache.locked("bare", BOOTSTRAP_SECONDS):
            if not tar.exists():
                bootstrap.require_mmdebstrap(tell)
                tell(f"bootstrapping Debian {SUITE} with {', '.join(PACKAGES)}, once; a minute or two ...")
                folder.mkdir(parents=True, exist_ok=True)
                _bootstrap(sources, tar)
    except ImageError as error:
        raise NotHere(str(error)) from error
    except cache.CacheUnusable as error:
        raise Broken(str(error)) from error
    return tar


def _recipe_hash(sources: list[str]) -> str:
    return hashlib.sha256("\n".join([SUITE, *PACKAGES, *DROPPED, *sources]).encode()).hexdigest()[:12]


def _bootstrap(sources: list[str], tar: Path) -> None:
    for left_behind in tar.parent.glob(".*.tar"):
        left_behind.unlink()
    unfinished = tar.with_name(f".{tar.name}")
    drop = [f"--dpkgopt=path-exclude={pattern}" for pattern in DROPPED]
    command = [
        *PASSING,
        "mmdebstrap",
        "--variant=minbase",
        "--format=tar",
        f"--include={','.join(PACKAGES)}",
        *drop,
        SUITE,
        "-",
        "-",
    ]
    try:
        with unfinished.open("wb") as output:
            done = subprocess.run(
                command,
                input="\n".join(sources).encode() + b"\n",
                stdout=output,
                stderr=subprocess.PIPE,
                # Its programs want Debian's own Python, and any other may lie below the folder that is hidden here.
                env={**os.environ, "TMPDIR": "/tmp", "PATH": PATH},
                timeout=BOOTSTRAP_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired as timeout:
        unfinished.unlink()
        raise Broken(
            f"mmdebstrap of {SUITE} did not end in {BOOTSTRAP_SECONDS} s; check the Debian mirror of this machine"
        ) from timeout
    if done.returncode:
        unfinished.unlink()
        lines = done.stderr.decode(errors="replace").splitlines() or ["it said nothing"]
        reason = next((line for line in lines if line.startswith("E:")), lines[-1])
        raise Broken(
            f"mmdebstrap of {SUITE} failed: {reason}; check the Debian mirror of this machine (apt-get update)"
        )
    for older in tar.parent.glob("[!.]*.tar"):
        older.unlink()
    unfinished.rename(tar)
