# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README says that can be run: its commands, in order, and its files."""

from __future__ import annotations

import functools
import re
from pathlib import Path

README = Path(__file__).resolve().parents[3] / "README.md"
COMMAND_IN_A_SENTENCE = re.compile(r"`((?:make|ansible-[a-z]+|molecule|python3?) [^`]+)`")
MAKE = "make "
DEPLOY = "ansible-playbook -i hosts.yml quorum.etcd.deploy"
ELSEWHERE = {
    "make demo": "`make bare`, which is a step of `make test`",
    "make quick": "`make bare`, which is a step of `make test`",
    "make test": "CI: .ci/run",
    "make bench": "before a release, by hand: its figures stand in the README",
    f"{DEPLOY} --check --diff": "testbed_docker/test_readme_deploy.py",
    DEPLOY: "testbed_docker/test_readme_deploy.py",
}
"""Commands that the test of the README does not run itself, and where each of them is run."""


@functools.cache
def files() -> dict[str, str]:
    """Its blocks of YAML by what their first line calls them: `# join.yml`."""
    return dict(re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL))


@functools.cache
def commands() -> tuple[str, ...]:
    """Every command that stands on a line of its own or in a sentence, from top to bottom."""
    found: list[str] = []
    fence: str | None = None
    for line in README.read_text().splitlines():
        if line.startswith("```"):
            fence = line.removeprefix("```").strip() if fence is None else None
        elif line.startswith("    ") if fence is None else fence != "yaml":
            found.append(line.strip())
        elif fence is None:
            found += COMMAND_IN_A_SENTENCE.findall(line)
    return tuple(command for command in found if command)
