# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real etcd clusters for tests and for the terminal, in any state, within a fraction of a second.

    with Cluster(size=3, dead=1, version="3.5") as cluster:
        spare = cluster.spare()
        cluster.leader.gateway.member_add([spare.peer_url], learner=True)
        spare.start()
        cluster.leader.kill()

In pytest: the mark ``etcd(size=3, dead=1)`` and the fixture ``etcd_cluster``. At the terminal: ``python -m
tests.testbed``.

cluster, member     what a test says: states, faults, questions, waiting
building, state     how a state comes about, and which states there are
backend             what runs the hosts: processes here, containers in ``docker``
supervisor, session who starts the processes, and cleans up however the run ends
gateway             the test bed's own eyes on etcd, nothing shared with the collection
writer, revisions   what users of the cluster notice meanwhile, and whether anything was lost
recording_proxy     what a module asked etcd, and broken connections at a chosen request
releases            the etcd binaries of this machine, and how to get more
cache               where what was fetched lies, for all clones of this user
images              the container images, and how they are made
programs            how parts of it are started in processes of their own

It stands alone: it imports nothing of the project around it, and looks for no file there.
"""

from __future__ import annotations

from .cluster import Cluster
from .member import Member
from .releases import Release, ReleaseMissing

__all__ = ["Cluster", "Member", "Release", "ReleaseMissing"]
