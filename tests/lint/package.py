# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact that users install: it builds, holds what belongs in it and nothing else, installs and verifies."""

from __future__ import annotations

import tarfile
from pathlib import Path

from .gate import GateFailed, run

# What may stand at the top of the artifact. Everything that users reach by a name of the collection is in the first
# line.
CONTENT = {"meta", "playbooks", "plugins", "roles"}
PROJECT_FILES = {
    "CHANGELOG.md",
    "CHANGELOG.rst",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "MAINTAINERS",
    "README.md",
    "SECURITY.md",
    "changelogs",
    "docs",
}
BUILT = {"FILES.json", "MANIFEST.json"}
TESTS = {"tests/config.yml", "tests/sanity"}


def build(destination: Path) -> Path:
    """Builds the artifact of the checkout into an empty folder and returns its path."""
    run(["ansible-galaxy", "collection", "build", "--output-path", destination, "."])
    return next(destination.glob("quorum-etcd-*.tar.gz"))


def require_only_content(artifact: Path) -> None:
    """Raises GateFailed where the artifact holds files of development, or lacks content."""
    with tarfile.open(artifact) as archive:
        names = {name.removeprefix("./") for name in archive.getnames()}
    tops = {name.split("/")[0] for name in names}
    strangers = tops - CONTENT - PROJECT_FILES - BUILT - {"tests"}
    strangers |= {
        name
        for name in names
        if name.startswith("tests/") and not any(name == kept or name.startswith(f"{kept}/") for kept in TESTS)
    }
    strangers |= {name for name in names if "__pycache__" in name}
    if strangers:
        raise GateFailed(
            "The artifact holds files that users have no use for; add them to build_ignore in galaxy.yml:\n  "
            + "\n  ".join(sorted(strangers))
        )
    missing = {"meta", "plugins", "LICENSE", "README.md"} - tops
    if missing:
        raise GateFailed(f"The artifact lacks {', '.join(sorted(missing))}.")


def check(scratch: Path) -> None:
    """Build, contents, install into a path of its own, verify, and one look through ansible-doc at what was
    installed.
    """
    artifact = build(scratch)
    require_only_content(artifact)
    tree = scratch / "installed"
    path = {"ANSIBLE_COLLECTIONS_PATH": str(tree)}
    run(["ansible-galaxy", "collection", "install", "--offline", "--no-deps", "-p", tree, artifact], environment=path)
    run(["ansible-galaxy", "collection", "verify", "--offline", "quorum.etcd", "-p", tree], environment=path)
    listed = run(["ansible-doc", "--list", "quorum.etcd"], environment=path)
    if "quorum.etcd.etcd_member" not in listed:
        raise GateFailed(f"The installed collection does not show its modules to ansible-doc, which lists:\n{listed}")
