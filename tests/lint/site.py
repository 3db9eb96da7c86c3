# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation as a site: the guides of docs/ and a page for every module.

A link that leads nowhere is an error.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from .gate import ROOT, GateFailed, run

PAGES = (
    "README.md",
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "roles/etcd_cluster/README.md",
)


def lay_out(source: Path) -> None:
    """Puts the pages where their links to one another hold: as they stand in the repository, the reference beside
    them.
    """
    missing = [page for page in PAGES if not (ROOT / page).is_file()]
    if missing:
        raise GateFailed(f"The site lacks {', '.join(missing)}.")
    shutil.copytree(ROOT / "docs", source / "docs", ignore=shutil.ignore_patterns("docsite"))
    for page in PAGES:
        (source / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / page, source / page)
    shutil.copy(ROOT / "docs" / "docsite" / "index.rst", source)
    reference = source / "reference"
    reference.mkdir(mode=0o755)
    run(
        [
            "antsibull-docs",
            "collection",
            "--use-current",
            "--squash-hierarchy",
            "--fail-on-error",
            "--dest-dir",
            reference,
            "quorum.etcd",
        ]
    )


def build(destination: Path) -> Path:
    """Builds the site and returns its first page. Raises GateFailed with Sphinx's words."""
    shutil.rmtree(destination, ignore_errors=True)
    source, html = destination / "source", destination / "html"
    lay_out(source)
    run(
        [
            "sphinx-build",
            "-q",
            "-W",
            "--keep-going",
            "-b",
            "html",
            "-c",
            ROOT / "docs" / "docsite",
            "-d",
            destination / "doctrees",
            source,
            html,
        ]
    )
    return html / "index.html"


def check(scratch: Path) -> None:
    """The gate: builds the site into the scratch folder."""
    build(scratch / "site")


if __name__ == "__main__":
    try:
        print(f"The site is in {build(ROOT / 'build' / 'docs').relative_to(ROOT)}")
    except GateFailed as failure:
        sys.exit(f"error: {failure}")
