# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook `check` makes of the results of the modules."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.quorum.etcd.plugins.filter.cluster_findings import cluster_findings

HEALTHY: dict[str, list[str]] = {"concerns": [], "plan": []}


def test_without_a_finding_all_is_well():
    assert cluster_findings(HEALTHY) == {"failures": [], "warnings": [], "text": "All is well."}


def test_everything_is_listed_the_failures_first():
    learner = {"code": "learner_waiting", "message": "m4 is a learner."}
    alarm = {"code": "alarm", "message": "The alarm NOSPACE is on."}
    new = {"action": "add_learner", "member": {"id": None, "name": "n4", "peer_urls": ["http://10.0.0.4:2380"]}}
    nameless = {"action": "remove", "member": {"id": "c9", "name": None, "peer_urls": []}}
    expiring = {"path": "/etc/etcd/pki/server.crt", "ca": False, "common_name": "", "days": 3}
    found = cluster_findings(
        {"concerns": [learner, alarm], "plan": [new, nameless]},
        [{"host": {"name": "n1"}, "expiring": [expiring]}],
        [],
        [{"changed": False}, {"error": {"message": "https://10.0.0.2:2380 refuses it"}}],
    )
    assert found["text"] == (
        "FAILURE: The alarm NOSPACE is on.\n"
        "FAILURE: n4 is a host of the group, but not a member. Run quorum.etcd.deploy.\n"
        "FAILURE: https://10.0.0.2:2380 refuses it.\n"
        "FAILURE: The certificate server.crt on n1 expires in 3 days.\n"
        "WARNING: m4 is a learner.\n"
        "WARNING: c9 is a member, but has no host in the group."
    )
    assert (len(found["failures"]), len(found["warnings"])) == (4, 2)


def test_a_cluster_that_cannot_be_queried_is_a_failure():
    found = cluster_findings({"failed": True, "msg": "Connection refused."}, unreachable=["n3"])
    assert found["failures"] == ["The cluster cannot be queried: Connection refused.", "The host n3 cannot be reached."]


@pytest.mark.parametrize("wrong", [{"concerns": [{}]}, {"stdout": ""}, "text"])
def test_what_is_no_result_of_a_module_is_told(wrong):
    with pytest.raises(AnsibleFilterError, match="cluster_findings needs what the modules"):
        cluster_findings(wrong)
