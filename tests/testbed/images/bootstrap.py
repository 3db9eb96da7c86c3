# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian base image without a container registry: mmdebstrap from the mirror that this machine's apt is configured
with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import docker

from .. import cache
from .errors import ImageError, PieceMissing
from .recipe import LABEL, Image

BOOTSTRAP_TIMEOUT = 600
INSTALL = ["apt-get", "install", "--yes", "mmdebstrap"]
INSTALL_TIMEOUT = 300
UNREACHABLE = (
    "Could not resolve",
    "Temporary failure resolving",
    "Could not connect",
    "Unable to connect",
    "Network is unreachable",
    "Connection timed out",
)
"""What apt says of a mirror that it does not reach, as opposed to one that it does not like."""


def bootstrap(client: docker.DockerClient, image: Image, tell: Callable[[str], None]) -> str:
    """Make the base of `image` in the engine behind `client` and return its name. Raises ImageError with what to do."""
    with cache.locked("mmdebstrap", 2 * INSTALL_TIMEOUT):
        require_mmdebstrap(tell)
    sources = debian_sources(image.suite)
    with tempfile.TemporaryDirectory(prefix="quorum-etcd-image-") as folder:
        # A pipe into the engine would turn a bootstrap that failed half-way into an image.
        tar = Path(folder, "base.tar")
        run_mmdebstrap(image.suite, sources, tar)
        repository, tag = image.bootstrapped_base.split(":")
        with tar.open("rb") as stream:
            client.api.import_image_from_data(
                stream, repository=repository, tag=tag, changes=[f"LABEL {LABEL}=base", 'CMD ["bash"]']
            )
    return image.bootstrapped_base


def require_mmdebstrap(tell: Callable[[str], None]) -> None:
    """Install mmdebstrap where that can be done, and say so; elsewhere say what to do."""
    if shutil.which("mmdebstrap"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise PieceMissing(
            "no container registry answers, and mmdebstrap, which could do without one, is not installed",
            f"run as root: {' '.join(INSTALL)}",
        )
    tell(f"mmdebstrap is not installed; installing it: {' '.join(INSTALL)}")
    for command in (["apt-get", "update", "--quiet"], INSTALL):
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT,
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        if done.returncode:
            raise PieceMissing(
                f"no container registry answers, and '{' '.join(command)}' failed: {last_line(done.stderr)}",
                "install mmdebstrap by hand",
            )


def debian_sources(suite: str) -> list[str]:
    """The apt sources for `suite`: this machine's own Debian mirrors, with its release's name replaced by the
    suite's.
    """
    targets = {tuple(line.split()) for line in apt_targets().splitlines()}
    own = sorted(target[1:] for target in targets if len(target) == 4 and target[0] == "Debian" and target[3] == "main")
    # "bookworm" of "bookworm", "bookworm-security" and "bookworm-updates"
    release = min((codename for _uri, codename, _component in own), key=len, default=None)
    if release is None:
        raise PieceMissing(
            "no container registry answers, and this machine's apt knows no Debian mirror",
            "build where one of the two can be reached",
        )
    renamed = {
        (uri, codename.replace(release, suite, 1)) for uri, codename, _component in own if codename.startswith(release)
    }
    return [f"deb {uri} {codename} main" for uri, codename in sorted(renamed)]


def apt_targets() -> str:
    """What apt itself makes of the machine's sources, one line each; nothing where there is no apt."""
    if not shutil.which("apt-get"):
        return ""
    command = [
        "apt-get",
        "indextargets",
        "--format",
        "$(ORIGIN) $(REPO_URI) $(CODENAME) $(COMPONENT)",
        "Created-By: Packages",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def run_mmdebstrap(suite: str, sources: list[str], tar: Path) -> None:
    include = ["--include=ca-certificates"] if any(" https:" in source for source in sources) else []
    # minbase is what the official slim images hold; less has no useradd, which the role and the packages of etcd need.
    command = ["mmdebstrap", "--variant=minbase", "--format=tar", *include, suite, str(tar), "-"]
    try:
        done = subprocess.run(
            command,
            input="\n".join(sources) + "\n",
            capture_output=True,
            text=True,
            timeout=BOOTSTRAP_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as timeout:
        raise ImageError(
            f"mmdebstrap of {suite} did not end in {BOOTSTRAP_TIMEOUT} s", "check the Debian mirror of this machine"
        ) from timeout
    if done.returncode:
        unreachable = any(word in done.stderr for word in UNREACHABLE)
        raise (PieceMissing if unreachable else ImageError)(
            f"mmdebstrap of {suite} failed: {last_line(done.stderr)}",
            "check the Debian mirror of this machine (apt-get update)",
        )


def last_line(text: str) -> str:
    """The line that tells the cause, of a command's error output."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E:")]
    return (errors or lines or ["no message"])[-1]
