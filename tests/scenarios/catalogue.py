# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which scenarios there are, which of them follow one another on the same hosts, and which take long."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "molecule"

CHAINS = (
    ("role_upgrade", "role_upgrade_minors", "role_downgrade"),
    ("role_migrate_tls", "role_rotate_ca"),
    ("role_secure", "role_rotate", "role_given"),
)
"""Each begins where the one before it ended: it takes over its hosts and its cluster instead of making its own.

Worth it only where the end of one is the beginning of the next: a cluster that has to be changed first costs more than
a new one. One long chain would take longer than all the others side by side.
"""

ON_REQUEST = ("role_killed",)
"""Takes many minutes, so it runs only where it is asked for by its name."""

SECONDS = {"systemd": 70.0, "node": 20.0}
"""About how long a scenario takes, by the kind of its hosts. The longest are begun first, so only the order matters."""
SECONDS_OF = {"moves": 130.0, "partition": 60.0, "role_rotate_ca": 160.0, "role_upgrade": 160.0}
"""The ones that take much longer than others of their kind."""


@dataclass(frozen=True)
class Scenario:
    """One folder of `molecule/`."""

    name: str
    hosts: tuple[str, ...]
    kind: str
    releases: tuple[str, ...] = ()
    """The releases of etcd that it is about; without any, it runs on whichever is chosen."""

    @property
    def seconds(self) -> float:
        return SECONDS_OF.get(self.name, SECONDS[self.kind])


Chain = tuple[Scenario, ...]
"""Scenarios that run one after the other on the same hosts."""


def load(folder: Path = SCENARIOS) -> list[Scenario]:
    return [_read(file) for file in sorted(folder.glob("*/molecule.yml"))]


def _read(file: Path) -> Scenario:
    molecule = yaml.safe_load(file.read_text())
    options = molecule["driver"].get("options") or {}
    return Scenario(
        file.parent.name,
        tuple(platform["name"] for platform in molecule["platforms"]),
        options.get("kind", "node"),
        tuple(dict.fromkeys([*options.get("releases", []), *([options["version"]] if "version" in options else [])])),
    )


def chains_of(scenarios: Iterable[Scenario], chains: Collection[Collection[str]] = CHAINS) -> list[Chain]:
    """These scenarios as chains, the longest first. A link whose predecessor is not wanted begins on its own hosts."""
    wanted = {scenario.name: scenario for scenario in scenarios}
    linked = [tuple(wanted.pop(name) for name in names if name in wanted) for names in chains]
    alone = [(scenario,) for scenario in wanted.values()]
    return sorted([chain for chain in (*linked, *alone) if chain], key=_seconds, reverse=True)


def _seconds(chain: Chain) -> float:
    return sum(scenario.seconds for scenario in chain)
