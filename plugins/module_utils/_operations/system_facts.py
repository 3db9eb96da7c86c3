# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Looking at what the system of this host has: accounts, and packages of the distribution."""

from __future__ import annotations

import grp
import pwd
import re
import typing as t

from .service import Runner

# How a package is written for apt: its name, and perhaps a release or a suite to take it from.
_NAME_ONLY = re.compile(r"[=/].*")
_QUERY = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Want} ${db:Status-Status}\\n"]
_HOLD = "hold"
_INSTALLED = "installed"


def has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def has_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def packages_not_held(run: Runner, packages: t.Sequence[str]) -> list[str]:
    """Those of these packages that are installed, and that dpkg does not hold; none where there is no dpkg."""
    if not packages:
        return []
    # Its exit code says that one of them is unknown; the others are listed nevertheless.
    _code, output, _errors = run([*_QUERY, *(_NAME_ONLY.sub("", package) for package in packages)])
    found = (line.split() for line in output.splitlines())
    return sorted({words[0] for words in found if len(words) == 3 and words[2] == _INSTALLED and words[1] != _HOLD})
