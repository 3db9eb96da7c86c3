# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from tests.verification.fixtures import inventory_nodes, node, nodes, writer

__all__ = ["inventory_nodes", "node", "nodes", "writer"]
