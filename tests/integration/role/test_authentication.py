# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's two tasks about authentication on a real cluster: what would lock clients out is refused in the plan, and
nothing but the module is needed to enable it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.ansible_playbook import TaskEnded, run
from tests.testbed import Cluster

PASSWORD = "sesame-of-the-role"


def played(cluster: Cluster, folder: Path, *parts: str, **variables: Any) -> list[TaskEnded]:
    """These parts of the role, for a cluster that was planned and has its quorum; no etcdctl is found anywhere."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "environment": {"PATH": "/nowhere"},
        "module_defaults": {"group/quorum.etcd.etcd": cluster.connection},
        "tasks": [
            {
                "ansible.builtin.include_role": {
                    "name": "quorum.etcd.etcd_cluster",
                    "tasks_from": f"common/{part}.yml",
                },
                "vars": {
                    "etcd_cluster_root_password": PASSWORD,
                    "etcd_cluster__plan": {"quorum": {"healthy": 1, "size": 1}},
                    "etcd_cluster__query_host": "localhost",
                    **variables,
                },
            }
            for part in parts
        ],
    }
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    events = run([str(folder / "play.yml"), "-i", "localhost,", "-c", "local"], folder)
    return [event for event in events if "uthentication" in event.name]


def test_a_cluster_with_clients_is_refused_in_the_plan_and_enabled_with_consent(tmp_path: Path):
    with Cluster(size=1) as cluster:
        cluster.put("a", "client")

        refused = played(cluster, tmp_path, "plan_authentication", "enable_authentication")
        accepted = played(
            cluster,
            tmp_path,
            "plan_authentication",
            "enable_authentication",
            "plan_authentication",
            "enable_authentication",
            etcd_cluster_accept=["would_lock_out_clients"],
        )

    assert [event.outcome for event in refused] == ["failed"]
    assert refused[0].name.endswith("Plan to enable authentication")
    assert refused[0].result["refusal"]["code"] == "would_lock_out_clients"
    assert [event.changed for event in accepted] == [True, True, False, False]
    assert PASSWORD not in str([event.result for event in refused + accepted])
