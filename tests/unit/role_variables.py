# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's own variables come to, given what it would have found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

ROLE = Path(__file__).resolve().parents[2] / "roles" / "etcd_cluster"


def value_of(variable: str, **facts: Any) -> Any:
    loader = DataLoader()
    variables = {
        name: text
        for folder in ("defaults", "vars")
        for name, text in loader.load_from_file(str(ROLE / folder / "main.yml"), trusted_as_template=True).items()
    }
    return Templar(loader, variables={**variables, **facts}).template(variables[variable])
