# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Container images with the hosts that the tests run etcd on.

`python -m tests.testbed.images build` makes them; `recipe.image_name(...)` names them.
"""
