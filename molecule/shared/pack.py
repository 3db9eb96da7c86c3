# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs etcd releases of the test bed as upstream packs its own, each with its checksum beside it."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.testbed.archives import pack

if __name__ == "__main__":
    for each in sys.argv[2:]:
        pack(Path(sys.argv[1]), each)
