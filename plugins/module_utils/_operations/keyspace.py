# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Comparing the keyspaces of the members at one revision."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._client.ask import ask_each
from .._client.endpoint import KeyspaceHash
from .._client.errors import EtcdError
from .._membership.model import Cluster
from .endpoint_pool import EndpointPool


@dataclass(frozen=True)
class KeyspaceComparison:
    """The hashes of all members that could be asked, taken at `revision`; `failures` holds the others' errors by member
    id.
    """

    revision: int
    hashes: tuple[KeyspaceHash, ...]
    failures: t.Mapping[int, EtcdError]

    @property
    def is_consistent(self) -> bool | None:
        """Whether all hashes are equal; None where fewer than two can be compared.

        Only hashes over the same range of history can be: members compact at their own pace (etcd
        server/storage/mvcc/hash.go).
        """
        comparable = [one.hash for one in self.hashes if one.compact_revision == self.hashes[0].compact_revision]
        return len(set(comparable)) == 1 if len(comparable) > 1 else None


def compare_keyspaces(pool: EndpointPool, cluster: Cluster) -> KeyspaceComparison:
    """Asks every voter that answered for its hash at the newest revision that all of them have."""
    statuses = [status for status in cluster.statuses if not status.is_learner and pool.member(status.member_id)]
    revision = min((status.revision for status in statuses), default=0)
    endpoints = [pool.at(pool.url_of[status.member_id]) for status in statuses]
    answers = ask_each(endpoints, lambda endpoint: endpoint.hash_kv(revision), pool.connection.request_timeout)
    return KeyspaceComparison(
        revision,
        tuple(answer.value for answer in answers if answer.value is not None),
        {status.member_id: answer.error for status, answer in zip(statuses, answers) if answer.error is not None},
    )
