# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""Putting one question to several endpoints at once."""

from __future__ import annotations

import threading
import time
import typing as t
from dataclasses import dataclass

from . import errors

if t.TYPE_CHECKING:
    from .endpoint import Endpoint

# How long after its deadline a question may still hand in its own, better worded, timeout.
_GRACE = 0.25

Value = t.TypeVar("Value")


@dataclass(frozen=True)
class Answer(t.Generic[Value]):
    """What one endpoint said: a `value`, or the `error` that came instead."""

    endpoint: Endpoint
    value: Value | None = None
    error: errors.EtcdError | None = None


def ask_each(
    endpoints: t.Sequence[Endpoint], question: t.Callable[[Endpoint], Value], timeout: float
) -> tuple[Answer[Value], ...]:
    """Puts one question to every endpoint at once and returns their answers in the same order, after at most `timeout`
    seconds.

    A question may make several calls; none of them goes beyond the time that is left. An EtcdError becomes the `error`
    of its answer; any other exception is a fault of the question and is raised.
    """
    if len(endpoints) == 1:
        return (_ask(endpoints[0], question, timeout),)
    return _ask_in_parallel(endpoints, question, timeout)


def _ask(endpoint: Endpoint, question: t.Callable[[Endpoint], Value], timeout: float) -> Answer[Value]:
    endpoint.budget_ends = time.monotonic() + timeout
    try:
        return Answer(endpoint, question(endpoint))
    except errors.EtcdError as error:
        return Answer(endpoint, error=error)
    finally:
        endpoint.budget_ends = None


def _ask_in_parallel(
    endpoints: t.Sequence[Endpoint], question: t.Callable[[Endpoint], Value], timeout: float
) -> tuple[Answer[Value], ...]:
    outcomes: dict[int, Answer[Value] | BaseException] = {}

    def ask(index: int) -> None:
        try:
            outcomes[index] = _ask(endpoints[index], question, timeout)
        except BaseException as fault:  # noqa: BLE001  # pylint: disable=broad-exception-caught  # raised again by whoever asked
            outcomes[index] = fault

    threads = [threading.Thread(target=ask, args=(index,), daemon=True) for index in range(len(endpoints))]
    ends = time.monotonic() + timeout + _GRACE
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    return tuple(_outcome(endpoint, outcomes.get(index), timeout) for index, endpoint in enumerate(endpoints))


def _outcome(endpoint: Endpoint, outcome: Answer[Value] | BaseException | None, timeout: float) -> Answer[Value]:
    if outcome is None:
        message = f"asking {endpoint.url}: no answer within {timeout:g} seconds"
        return Answer(endpoint, error=errors.EtcdError(errors.TIMEOUT, message, endpoint=endpoint.url))
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
