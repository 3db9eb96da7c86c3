# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`start CONNECTION` starts the scenario's steady writer; `stop` ends it and prints its report.

For playbooks, which Molecule tells its folder.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

# Called by its path, and in the root of the checkout.
sys.path.insert(0, os.getcwd())

from tests.testbed import writing


def main(command: str, *arguments: str) -> None:
    folder = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "lab"
    if command == "start":
        writing.start(folder, json.loads(*arguments))
    else:
        print(json.dumps(writing.stop(folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
