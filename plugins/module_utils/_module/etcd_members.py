# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The inventory etcd_members: the same options as the modules', the same look at the cluster, the same words when it
fails.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._client.addresses import InvalidEndpoint
from .._client.errors import EtcdError
from .._operations.exceptions import Refused
from .arguments import CONNECTION, CONNECTION_TOGETHER, out_of_range
from .etcd_cluster_info import describe_cluster
from .results import Result, failure

# What keeps the member list from being trusted, or its names from being stable. How the members fare is in their
# variables.
_DOUBTS = ("cluster_id_mismatch", "split_brain", "removed_member_answers", "no_quorum", "duplicate_name")


class NoInventory(Exception):
    """The options are wrong or the cluster cannot be asked; the text is for the user."""


def connection_options(given: t.Mapping[str, t.Any]) -> Result:
    """The connection options as a module would have them, what is missing taken from the environment.

    Raises NoInventory.
    """
    parameters = {name: value for name, value in given.items() if value is not None}
    checked = ArgumentSpecValidator(CONNECTION, required_together=CONNECTION_TOGETHER).validate(parameters)
    problem = "; ".join(checked.error_messages) or out_of_range(checked.validated_parameters)
    if problem:
        raise NoInventory(problem)
    return checked.validated_parameters


def describe_members(connection: Result) -> Result:
    """What etcd_cluster_info returns of the cluster. Raises NoInventory with what went wrong and the next step."""
    try:
        return describe_cluster({**connection, "hash": False, "expires_within_days": 0, "desired_members": None})
    except (EtcdError, InvalidEndpoint, Refused) as cause:
        raise NoInventory(failure(cause)["msg"]) from None


def doubts_about(cluster: Result) -> list[str]:
    """Why the list of members, or what they are called, may be wrong."""
    return [concern["message"] for concern in cluster["concerns"] if concern["code"] in _DOUBTS]
