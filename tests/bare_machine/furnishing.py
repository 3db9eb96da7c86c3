# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bare machine has in common with the one that it runs on: devices, names, certificates, and where packages come
from.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
SAME_AS_HERE = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf")
CERTIFICATES = {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
PROXIES = {"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def furnish(root: Path) -> None:
    """Mounts what a running system has, and takes over the settings that decide where packages come from."""
    mount("-t", "proc", "proc", str(root / "proc"))
    _make_devices(root / "dev")
    for name in SAME_AS_HERE:
        if Path(name).exists():
            _copy(Path(name), root)
    named = list(_paths_in_settings())
    # Files first: one may lie in a folder that is mounted after it, and must not be written to through it.
    for path in (path for path in named if path.is_file()):
        _copy(path, root)
    for path in (path for path in named if path.is_dir()):
        (root / path.relative_to("/")).mkdir(parents=True, exist_ok=True)
        mount("-o", "bind,ro", str(path), str(root / path.relative_to("/")))


def settings() -> dict[str, str]:
    """The variables of this machine that decide where packages come from, and no others."""
    wanted = CERTIFICATES | PROXIES | {name for name in os.environ if name.startswith("PIP_")} - {"PIP_CACHE_DIR"}
    return {name: value for name, value in os.environ.items() if name in wanted}


def take_over_pip_settings(home: Path) -> None:
    """The files in which pip looks for the settings of one user, as those of the bare machine's user."""
    for name in (".config/pip/pip.conf", ".pip/pip.conf"):
        file = Path("~", name).expanduser()
        if file.is_file():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, home / name)


def _make_devices(folder: Path) -> None:
    mount("-t", "tmpfs", "-o", "mode=755,size=1g", "tmpfs", str(folder))
    for name in DEVICES:
        (folder / name).touch()
        mount("--bind", f"/dev/{name}", str(folder / name))
    (folder / "pts").mkdir()
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=0620", "devpts", str(folder / "pts"))
    (folder / "shm").mkdir()
    (folder / "shm").chmod(0o1777)
    for name, target in {
        "ptmx": "pts/ptmx",
        "fd": "/proc/self/fd",
        "stdin": "fd/0",
        "stdout": "fd/1",
        "stderr": "fd/2",
    }.items():
        (folder / name).symlink_to(target)


def _paths_in_settings() -> Iterator[Path]:
    for value in settings().values():
        for word in value.split():
            if word.startswith("/") and word != "/":
                yield Path(word)


def _copy(file: Path, root: Path) -> None:
    target = root / file.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    # It may be a link, which would lead to a file of this machine.
    target.unlink(missing_ok=True)
    shutil.copyfile(file, target)
