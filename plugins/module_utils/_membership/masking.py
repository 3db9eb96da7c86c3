# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What Ansible masks in the result of a task: wherever the value of a secret option occurs, it puts asterisks.

A member that was started with such a result would get them for its name or its peer URLs, so the task is refused before
anything is changed. The rule is that of ansible-core, lib/ansible/module_utils/common/parameters.py remove_values: any
part of a text, whatever its length and before it is written as JSON, and numbers, but no keys, truth values and nulls.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from . import refusal as codes
from .join import environment
from .model import Cluster, Member
from .refusal import Refusal

# An id that etcd gives a new member, as a part of a name.
_MAY_BE_IN_AN_ID = re.compile(r"[0-9a-f]{1,16}")


def is_masked(value: t.Any, secret: str) -> bool:
    """Whether Ansible would mask a part of this value, since the secret occurs in it."""
    if not secret or value is None or isinstance(value, bool):
        return False
    if isinstance(value, t.Mapping):
        return any(is_masked(one, secret) for one in value.values())
    if isinstance(value, (list, tuple)):
        return any(is_masked(one, secret) for one in value)
    return secret in str(value)


def masks_first_start(
    cluster: Cluster, joiner: Member | None, name: str, peer_urls: tuple[str, ...], secret: str
) -> Refusal | None:
    """Whether the first start of a member would be told with asterisks. Without a `joiner` it is yet to be added."""
    if not secret or (joiner is not None and joiner.is_started):
        return None
    starts = joiner or Member(0, name, peer_urls)
    members = cluster.members if joiner is not None else (*cluster.members, starts)
    told = environment(replace(cluster, members=members), starts, name)
    is_named_after_its_id = joiner is None and not name
    if not is_masked(told, secret) and not (is_named_after_its_id and _MAY_BE_IN_AN_ID.fullmatch(secret)):
        return None
    return masked_result(f"cannot tell {name or 'a new member'} what to start with", "initial_cluster and environment")


def masked_result(attempt: str, results: str) -> Refusal:
    return Refusal(
        codes.MASKED_RESULT,
        f"{attempt}: the password occurs in a name, an address or another word of {results}, where Ansible replaces it "
        "with asterisks",
        "Give the user another password, one that is no part of a name or an address (etcdctl user passwd).",
    )
