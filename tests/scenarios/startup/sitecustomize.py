# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read by each Python that a scenario starts on this machine: how rarely it looks for garbage.

Ansible keeps nearly all that it makes until it ends some seconds later, and starts a process for each task and host. A
playbook of three tasks on this machine takes 4 per cent less of the processors so.
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 200_000
"""Python's own is 700."""

gc.set_threshold(NEW_OBJECTS)
