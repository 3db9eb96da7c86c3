# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a release comes into the user's cache: prepared in a folder beside it, and there at once, by one rename."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from . import releases

SECONDS_FOR_VERSION = 30
PROGRAMS = ("etcd", "etcdctl", "etcdutl")


class FetchFailed(Exception):
    """A release could not be had from one source; the text says why, in one line."""


@contextmanager
def working_folder(name: str) -> Iterator[Path]:
    """A folder in the cache for what is prepared under this name; what a killed process left of it goes first.

    Whoever uses it holds the lock of that name.
    """
    releases.CACHE.mkdir(parents=True, exist_ok=True)
    for left_by_a_killed_process in releases.CACHE.glob(f".{name}-*"):
        shutil.rmtree(left_by_a_killed_process, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=releases.CACHE) as folder:
        yield Path(folder)


def keep(programs: Path, source: str) -> str:
    """Takes etcd's programs out of a folder into the cache, and returns their version.

    A release that is there already is moved out of the way: an etcd that runs from it goes on running.
    """
    answer = run("etcd --version", [str(programs / "etcd"), "--version"], SECONDS_FOR_VERSION)
    found = re.search(r"etcd Version: (\d+\.\d+\.\d+)", answer)
    if found is None:
        raise FetchFailed(f"the etcd of {source} does not say its version: {answer.strip()[:80]}")
    prepared = programs.parent / "prepared"
    prepared.mkdir()
    for program in PROGRAMS:
        if (programs / program).exists():
            shutil.move(programs / program, prepared / program)
    (prepared / "source").write_text(source + "\n")
    target = releases.CACHE / found.group(1)
    with suppress(FileNotFoundError):
        target.rename(prepared.with_name("replaced"))
    prepared.rename(target)
    return target.name


def run(
    step: str,
    command: list[str],
    seconds: float,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a command prints. Raises FetchFailed, with the name of the step, where it fails or does not end in time."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
        )
    except subprocess.TimeoutExpired:
        raise FetchFailed(f"`{step}` took longer than {seconds:.0f} s") from None
    if done.returncode != 0:
        lines = done.stderr.splitlines()
        causes = [line for line in lines if line.startswith("E:")] or lines[-2:] or ["no output"]
        raise FetchFailed(f"{step}: {' '.join(' '.join(causes).split())[:300]}")
    return done.stdout
