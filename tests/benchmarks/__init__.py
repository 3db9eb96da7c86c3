# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: what a task costs, what a test cluster costs, and what a change of the membership costs those who
write.

Each benchmark measures what it compares side by side in one run, since figures of two runs of a busy machine compare
nothing.
"""
