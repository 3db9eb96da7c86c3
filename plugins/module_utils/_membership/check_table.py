# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What checks found out, host by host, as the table that people see."""

from __future__ import annotations

import typing as t

# What comes of a check.
PASSES = "passes"
PUT_RIGHT = "would be put right"
IN_THE_WAY = "stands in the way"


class Finding(t.NamedTuple):
    """What one check found out about a host, or about the cluster where `host` is empty: PASSES, PUT_RIGHT or
    IN_THE_WAY, then with the code of the refusal.
    """

    host: str
    check: str
    outcome: str = PASSES
    code: str = ""


def checks_text(findings: t.Sequence[Finding]) -> str:
    """The table, under its heading; empty where nothing was checked."""
    if not findings:
        return ""
    rows = [(one.host or "cluster", one) for one in findings]
    name, check = max(len(host) for host, _one in rows), max(len(one.check) for one in findings)
    lines = (f"    {host:<{name}}  {one.check:<{check}}  {one.outcome}" for host, one in rows)
    return "\n".join(("What was checked:", *lines))
