# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make molecule`: runs Molecule's scenarios, several at a time, and says how each ended.

A scenario is a process of its own, as when `molecule test -s NAME` runs it: Molecule's `--workers` leaves out the
making and removing of hosts.
"""
