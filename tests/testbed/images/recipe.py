# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images there are, and what each is called.

An image's tag ends in a hash of the files it is made from, so a changed recipe is a new image, an unchanged one is
found in the engine, and two checkouts with different recipes do not take each other's images away.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

CONTEXT = Path(__file__).parent
CONTEXT_FILES = ("Dockerfile", "archive_cache.pth", "archive_cache.py", "etcd-start", "etcd-stop")

REPOSITORY = "quorum-etcd-test"
LABEL = "quorum.etcd.image"

SUITE = "trixie"
"""The Debian release underneath; its name, not a number, since mirrors know it by that."""

KINDS = ("node", "systemd")
"""`node`: an idle host on which the tests start etcd. `systemd`: a host with an init system, for the role."""

OVERRIDE = "ETCD_TEST_IMAGE"


@dataclass(frozen=True)
class Image:
    """One image: `kind` is a stage of the Dockerfile, `suite` the Debian release underneath.

    It holds no etcd: that is mounted into each host.
    """

    kind: str
    suite: str = SUITE

    @property
    def name(self) -> str:
        return f"{REPOSITORY}:{self.kind}-{self.suite}-{recipe_hash()}"

    @property
    def official_base(self) -> str:
        return f"debian:{self.suite}-slim"

    @property
    def bootstrapped_base(self) -> str:
        return f"{REPOSITORY}:base-{self.suite}"


def recipe_hash() -> str:
    digest = hashlib.sha256()
    for name in CONTEXT_FILES:
        digest.update(name.encode() + b"\0" + (CONTEXT / name).read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def all_names() -> list[str]:
    """Every image that a full test run needs, by name."""
    return sorted({image_name(kind) for kind in KINDS})


def image_name(kind: str = "node") -> str:
    """The image for hosts of this kind, unless the environment variable ETCD_TEST_IMAGE names another."""
    return os.environ.get(OVERRIDE) or Image(kind).name
