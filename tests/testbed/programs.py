# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a program of the test bed is started in a process of its own: it imports from where this process does, whatever
folder it works in.
"""

from __future__ import annotations

import os
import sys

PACKAGE = __name__.rpartition(".")[0]
"""The name under which the test bed was imported; also what one types after `python -m`."""


def command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of the test bed; `module` is its name within the package, empty for the package
    itself.
    """
    # Without -P a folder named like us in the working directory would come first.
    return [sys.executable, "-P", "-m", ".".join(filter(None, (PACKAGE, module))), *arguments]


def environment() -> dict[str, str]:
    """This process's environment, with its import path."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(import_path())}


def import_path() -> list[str]:
    return [os.path.abspath(folder) for folder in sys.path]
