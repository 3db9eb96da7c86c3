# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_findings
short_description: Say what is wrong with an etcd cluster, for monitoring
version_added: 0.1.0
author:
  - The quorum.etcd founders (@quorum-etcd)
description:
  - Sorts everything that is wrong with a cluster, its hosts and its certificates into failures and warnings. Somebody
    must act on a failure. A warning can wait.
  - A cluster without quorum or fault tolerance, a member that is down, an alarm, a database that is nearly full, a host
    that cannot be reached or is not a member, a failed TLS handshake, and a certificate or CA that expires are
    failures.
  - A learner, an even number of voters, different releases, a fragmented database, a small lag, two members with the
    same name, and a member without a host are warnings.
options:
  _input:
    description:
      - What the module M(quorum.etcd.etcd_cluster_info) returned, also if it failed. Its option C(desired_members) must
        name the hosts.
    type: dict
    required: true
  hosts:
    description:
      - The results of M(quorum.etcd.etcd_host_info) for the hosts. Its option C(expiry_files) must name the
        certificates.
    type: list
    elements: dict
    default: []
  unreachable:
    description:
      - Names of hosts that cannot be reached.
    type: list
    elements: str
    default: []
  handshakes:
    description:
      - The results of M(quorum.etcd.etcd_served_certificate), also if it failed.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Query the cluster
  quorum.etcd.etcd_cluster_info:
    endpoints:
      - http://10.0.0.1:2379
    desired_members:
      - name: n1
        peer_urls: [http://10.0.0.1:2380]
  register: cluster
  failed_when: false

- name: Stop if somebody has to act
  ansible.builtin.fail:
    msg: "{{ findings.text }}"
  when: findings.failures | length > 0
  vars:
    findings: "{{ cluster | quorum.etcd.cluster_findings }}"
"""

RETURN = r"""
_value:
  description: The failures and the warnings, each a list of sentences, and C(text), which lists all of them.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

if t.TYPE_CHECKING:
    from ansible_collections.quorum.etcd.plugins.module_utils._membership.findings import Findings

Found = t.Mapping[str, t.Any]


def cluster_findings(
    cluster: t.Any,
    hosts: t.Sequence[Found] = (),
    unreachable: t.Sequence[str] = (),
    handshakes: t.Sequence[Found] = (),
) -> dict[str, t.Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError for what is no result of these modules."""
    # Imported here, since each worker of Ansible that needs one filter of a collection loads all of them.
    from ansible_collections.quorum.etcd.plugins.module_utils._membership.concerns import Concern
    from ansible_collections.quorum.etcd.plugins.module_utils._membership.expiry import expiring_on
    from ansible_collections.quorum.etcd.plugins.module_utils._membership.findings import Seen, findings_of

    try:
        answered = "concerns" in cluster
        found = findings_of(
            Seen(
                concerns=tuple(Concern(one["code"], one["message"]) for one in cluster.get("concerns", ())),
                differences=tuple((one["action"], _label(one["member"])) for one in cluster.get("plan", ())),
                expiring=tuple(one for host in hosts for one in expiring_on(host)),
                unreachable=tuple(unreachable),
                handshakes=tuple(one["error"]["message"] + "." for one in handshakes if "error" in one),
                silence="" if answered else cluster["msg"],
            )
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"cluster_findings needs what the modules of quorum.etcd returned; in this there is no {error}"
        ) from error
    return {"failures": list(found.failures), "warnings": list(found.warnings), "text": _text(found)}


def _label(member: Found) -> str:
    return member["name"] or member["id"] or " ".join(member["peer_urls"])


def _text(found: Findings) -> str:
    lines = [*(f"FAILURE: {one}" for one in found.failures), *(f"WARNING: {one}" for one in found.warnings)]
    return "\n".join(lines or ["All is well."])


class FilterModule:
    """Ansible's way of finding the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"cluster_findings": cluster_findings}
