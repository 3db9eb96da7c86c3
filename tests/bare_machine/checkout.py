# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands are run on: the last commit, or a commit of the work tree where that has changed since."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.environment import ROOT

WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "work tree"), ("EMAIL", "work-tree@localhost"))
}


def store(repository: Path) -> None:
    """Makes a repository of its own from the checkout.

    New objects go there too: the checkout's repository is only read.
    """
    # Who runs this as root often does not own the checkout, and git would not read it.
    original = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT)]
    head = _said(original, "rev-parse", "HEAD")
    objects = (ROOT / _said(original, "rev-parse", "--git-path", "objects")).resolve()
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(repository)], check=True)
    (repository / "objects" / "info" / "alternates").write_text(f"{objects}\n")
    copy = ["git", f"--git-dir={repository}", f"--work-tree={ROOT}"]
    _said(copy, "read-tree", head)
    _said(copy, "add", "--all", str(ROOT))
    tree = _said(copy, "write-tree")
    if tree != _said(copy, "rev-parse", f"{head}^{{tree}}"):
        head = _said(copy, "commit-tree", tree, "-p", head, "-m", "Work tree", environment=WHO)
    _said(copy, "update-ref", "refs/heads/main", head)
    # Without it the repository would lean on folders that the bare machine does not see.
    _said(copy, "repack", "-a", "-d", "--quiet")
    (repository / "objects" / "info" / "alternates").unlink()


def _said(git: list[str], *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        [*git, *arguments],
        cwd=ROOT,
        env={**clean, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()
