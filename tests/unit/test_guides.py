# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README and the guides: their YAML is right, their links lead somewhere, and every module is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documentation import action_of, errors_of_arguments, module_files

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    str(page.relative_to(ROOT)): page.read_text()
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}


def yaml_blocks(text: str) -> list[Any]:
    return [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def our_tasks(found: Any) -> Iterator[dict[str, Any]]:
    """Every task of ours in a piece of YAML, however deep it lies."""
    if isinstance(found, list):
        for part in found:
            yield from our_tasks(part)
    elif isinstance(found, dict):
        if any(key.startswith("quorum.etcd.") for key in found):
            yield found
        for part in found.values():
            yield from our_tasks(part)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_tasks_pass_the_modules_own_argument_checks(page):
    for task in our_tasks(yaml_blocks(PAGES[page])):
        name = action_of(task).rpartition(".")[2]
        assert errors_of_arguments(name, task[f"quorum.etcd.{name}"]) == [], task


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[page]):
        if target.startswith("https://"):
            continue
        file, _hash, anchor = target.partition("#")
        place = (ROOT / page).parent / file if file else ROOT / page
        assert place.exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(place.read_text()), f"{page}: {target}"


@pytest.mark.parametrize("module", [path.stem for path in module_files()])
def test_the_readme_names_every_module(module):
    assert f"quorum.etcd.{module}" in PAGES["README.md"]
