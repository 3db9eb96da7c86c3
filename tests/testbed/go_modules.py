# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds an etcd release from its Go modules, into the user's cache.

``go install …@version`` is refused, since the modules have ``replace`` lines; so each release is a requirement of an
empty module. What was downloaded and compiled is kept by Go itself, for the next release and all clones.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from . import catalogue
from .release_cache import PROGRAMS, FetchFailed, keep, run, working_folder

SOURCE = "Go modules"
OLDEST = (3, 5)
"""Before, etcd was one module, and not a proper one."""
SECONDS = 900
"""The longest for one step, on a machine with much else to do; a minute is usual for all of them."""
MODULE = {"etcd": "server", "etcdctl": "etcdctl", "etcdutl": "etcdutl"}
ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
TOOLCHAIN = "GOTOOLCHAIN"
"""Unless it says otherwise, a Go that is older than a release of etcd wants fetches a newer one; Debian's would not."""
OLDEST_GO = (1, 21)
"""The first that can do that."""
WHERE_GO_PUTS_ITSELF = "/usr/local/go/bin"
LINKER = "-ldflags=-s -w"
"""Without symbols for debuggers, which make the programs a third larger."""


def fetch(version: str) -> str:
    """Builds that version. Raises FetchFailed; holds no lock."""
    if catalogue.numbers(version)[:2] < OLDEST:
        raise FetchFailed("only etcd 3.5 and newer can be built from their modules")
    go = _find_go()
    with working_folder(f"go-{version}") as folder:
        return _build(go, version, folder)


def _find_go() -> str:
    go = shutil.which("go") or shutil.which("go", path=WHERE_GO_PUTS_ITSELF)
    oldest = ".".join(map(str, OLDEST_GO))
    if go is None:
        raise FetchFailed(f"Go {oldest} or newer is needed, and this machine has none (apt-get install golang-go)")
    found = re.search(r"go(\d+)\.(\d+)", run("go version", [go, "version"], SECONDS))
    if found is None or (int(found[1]), int(found[2])) < OLDEST_GO:
        raise FetchFailed(f"Go {oldest} or newer is needed, and {go} is {found[0] if found else 'something else'}")
    return go


def _build(go: str, version: str, folder: Path) -> str:
    (folder / "go.mod").write_text("module etcd-release\n")
    (folder / "programs").mkdir()
    environment = {**ENVIRONMENT, TOOLCHAIN: os.environ.get(TOOLCHAIN, "auto")}
    packages = {program: f"go.etcd.io/etcd/{MODULE[program]}/v3" for program in PROGRAMS}
    run(
        "go get", [go, "get", *(f"{package}@v{version}" for package in packages.values())], SECONDS, folder, environment
    )
    for program, package in packages.items():
        command = [go, "build", "-trimpath", LINKER, "-o", f"programs/{program}", package]
        run(f"go build of {program}", command, SECONDS, folder, environment)
    built = keep(folder / "programs", SOURCE)
    if built != version:
        raise FetchFailed(f"the modules of {version} are etcd {built}")
    return built
