# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the properties are searched: the same examples on every run on CI, others each time elsewhere (a failure prints
how to repeat it).

CORE_EXAMPLES=5000 searches deeper.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Busy machines make single examples slow, which says nothing about the code.
BOUNDED = settings(
    max_examples=int(os.environ.get("CORE_EXAMPLES", "50")), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

settings.register_profile("core", BOUNDED, print_blob=True)
settings.register_profile("core-ci", BOUNDED, derandomize=True, database=None)
settings.load_profile("core-ci" if os.environ.get("CI") else "core")
