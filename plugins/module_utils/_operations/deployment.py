# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Deciding what makes hosts a cluster: who answers is observed, and what passes by itself is waited out."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from .._client import errors
from .._client.addresses import parse_endpoint
from .._client.errors import EtcdError
from .._client.tcp import open_tcp, unconnected_words
from .._membership.deployment import BOOTSTRAP, Deployment, Verdict
from .._membership.model import Cluster
from .._membership.refusal import Refusal
from .endpoint_pool import EndpointPool
from .exceptions import Refused
from .observe import observe
from .waiting import NOBODY, Clock, Waiting

# What is to be done where this cluster answers, or none.
Planner = t.Callable[[t.Optional[Cluster]], Verdict]


@dataclass(frozen=True)
class Decision:
    """A deployment, and the cluster that it was decided on; None where none answers."""

    cluster: Cluster | None
    deployment: Deployment


def decide(pool: EndpointPool, planner: Planner, wait_timeout: float, clock: Clock = time) -> Decision:
    """What is to be done. Waits up to `wait_timeout` seconds for what passes by itself. Raises Refused, EtcdError,
    InvalidEndpoint.
    """
    waiting = Waiting(clock, wait_timeout, wait_timeout)
    while True:
        try:
            cluster, silence = _observed(pool)
        except Refused as refused:
            waiting.wait_out(refused.refusal, NOBODY)
            continue
        verdict = planner(cluster)
        if isinstance(verdict, Refusal):
            # Who answers what is no answer tells more than that nobody is heard, and goes on doing so.
            if silence is not None and silence.code != errors.TIMEOUT:
                raise silence
            waiting.wait_out(verdict, cluster or NOBODY)
            continue
        if silence is not None and any(move.action == BOOTSTRAP for move in verdict.moves):
            raise _bootstrap_ruled_out(silence)
        return Decision(cluster, verdict)


def _observed(pool: EndpointPool) -> tuple[Cluster | None, EtcdError | None]:
    """The cluster; or None, and the error unless it is certain that nobody listens."""
    try:
        return observe(pool), None
    except EtcdError as error:
        if error.code != errors.CONNECTION_REFUSED:
            return None, error
        doubt = _doubt(pool)
        return None, EtcdError(errors.CONNECTION_REFUSED, doubt) if doubt else None


def _doubt(pool: EndpointPool) -> str:
    """Why a member may be there although none answers: an address that does more, or less, than refuse a connection.

    Empty if all refuse.
    """
    for url in pool.given:
        address = parse_endpoint(url)
        try:
            open_tcp(address.host, address.port, time.monotonic() + pool.connection.request_timeout).close()
        except ConnectionRefusedError:
            continue
        except OSError as error:
            return f"{url} cannot be reached: {unconnected_words(error, address.port)}"
        return f"{url} takes connections, but gives no answer"
    return ""


def _bootstrap_ruled_out(error: EtcdError) -> EtcdError:
    return EtcdError(
        error.code,
        f"{error.message}; a new cluster is only created if every endpoint refuses the connection",
        error.endpoint,
        error.server_words,
        next_step="Check what runs at these addresses, and whether this host can reach them. A firewall has to let "
        "through the client port and the peer port of each host (2379 and 2380, unless they were changed).",
    )
