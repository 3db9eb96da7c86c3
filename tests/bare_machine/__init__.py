# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the checkout on a machine that has git, make and Python, and nothing else.

Such a machine is a bootstrapped Debian in namespaces of its own. It is unpacked into memory that only those namespaces
know: however a run ends, nothing of it is left.
"""
