# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test is about: the modules and playbooks that its file names."""

from __future__ import annotations

import functools
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIENT = "connection to etcd"
INVENTORY = "inventory `etcd_members`"
FOLDERS = {"tests/integration/client": CLIENT, "tests/integration/inventory": INVENTORY}
"""What all tests of a folder are about."""
WORDS = {"ensure": "etcd_member", "join": "etcd_member"}
"""Functions of the tests' driver, and the module that they run."""


@functools.cache
def modules() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("etcd_*.py")))


@functools.cache
def playbooks() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml")))


def order() -> list[str]:
    """All subjects, as the page lists them."""
    return [*map(_module, modules()), INVENTORY, *map(_playbook, playbooks()), CLIENT]


@functools.cache
def of_file(path: str) -> frozenset[str]:
    """What the tests of a file are about; nothing where it names no part of the collection."""
    if folder := next((subject for folder, subject in FOLDERS.items() if path.startswith(f"{folder}/")), None):
        return frozenset((folder,))
    text = (ROOT / path).read_text()
    called = {module for word, module in WORDS.items() if re.search(rf"\b{word}\(", text) and ".driver import" in text}
    # A playbook that is only mentioned, in a message, say, is not run.
    run = re.findall(r"[\[(]\"quorum\.etcd\.([a-z_]+)\"", text)
    return _modules_in(text) | frozenset(map(_module, called)) | frozenset(map(_playbook, run))


@functools.cache
def of_scenario(name: str) -> frozenset[str]:
    """What a Molecule scenario is about, by its own files and those that all scenarios share and it uses."""
    folder = ROOT / "molecule"
    text = "".join(path.read_text() for path in sorted((folder / name).rglob("*.yml")))
    shared = [path for path in sorted((folder / "shared").glob("*.yml")) if f"shared/{path.name}" in text]
    text += "".join(path.read_text() for path in shared)
    run = set(re.findall(r"quorum\.etcd\.([a-z_]+)", text)) & set(playbooks())
    return _modules_in(text) | frozenset(map(_playbook, run))


def _modules_in(text: str) -> frozenset[str]:
    return frozenset(map(_module, set(re.findall(r"\betcd_[a-z_]+", text)) & set(modules())))


def _module(name: str) -> str:
    return f"module `{name}`"


def _playbook(name: str) -> str:
    return f"playbook `{name}`"
