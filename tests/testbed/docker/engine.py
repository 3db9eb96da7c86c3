# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to the Docker engine, with every failure told in one line."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import docker
import docker.errors
import requests.exceptions

from ..backend import BackendAbsent, BackendUnavailable

ANSWER_SECONDS = 1.5
"""An engine that lives tells its version within this time, where nothing else runs."""
MOST_TIMES = 10
CALL_SECONDS = 60
"""The longest that one call may take, on a machine with much else to do."""
OLDEST_API = (1, 41)
OLDEST_ENGINE = "20.10"
CONNECTIONS = 64

NOT_ANSWERING = (
    "the Docker engine at {address} does not answer; see `docker info`, restart the engine, or name another in "
    "DOCKER_HOST"
)


class EngineFailed(BackendUnavailable):
    """The engine refused a call, or stopped answering; the text says in one line what was asked of it and what it
    said.
    """


def patience(seconds: float) -> float:
    """How long to wait for an answer that an idle machine gives within these seconds: the longer, the more programs
    wait for each processor.
    """
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * min(max(1.0, waiting), MOST_TIMES)


def connect() -> docker.DockerClient:
    """A client of the engine that DOCKER_HOST or the docker command's context names; the local one by default.

    Raises BackendUnavailable where no engine can be used, within two seconds on an idle machine; BackendAbsent where
    this machine or user has none.
    """
    address = engine_address()
    try:
        client = docker.from_env(timeout=patience(ANSWER_SECONDS), max_pool_size=CONNECTIONS)  # type: ignore[arg-type]
        api_version = client.version()["ApiVersion"]
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise (BackendAbsent if is_absent(error) else BackendUnavailable)(why_unreachable(error, address)) from error
    if tuple(int(part) for part in api_version.split(".")) < OLDEST_API:
        raise BackendUnavailable(
            f"the Docker engine at {address} is too old (API {api_version}); the tests need Docker "
            f"{OLDEST_ENGINE} or newer"
        )
    client.api.timeout = CALL_SECONDS
    return client


def engine_address() -> str:
    return os.environ.get("DOCKER_HOST") or "the local socket"


def is_absent(error: BaseException) -> bool:
    """Whether this machine has no engine, or this user no right to it.

    Who names an engine that is not there has named the wrong one.
    """
    causes = list(chain_of(error))
    if any(isinstance(cause, PermissionError) for cause in causes):
        return True
    return not os.environ.get("DOCKER_HOST") and any(isinstance(cause, FileNotFoundError) for cause in causes)


def why_unreachable(error: BaseException, address: str) -> str:
    """What an operator has to do about a connection that failed, in one line."""
    causes = list(chain_of(error))
    if any(isinstance(cause, (requests.exceptions.Timeout, TimeoutError)) for cause in causes):
        return NOT_ANSWERING.format(address=address)
    if any(isinstance(cause, PermissionError) for cause in causes):
        return (
            f"no permission to use the Docker engine at {address}; add this user to the group `docker` and log in "
            "anew, or use a rootless engine"
        )
    if any(isinstance(cause, (FileNotFoundError, ConnectionError)) for cause in causes):
        return f"no Docker engine at {address}; start it (systemctl start docker), or name another in DOCKER_HOST"
    return f"the Docker engine at {address} cannot be used: {one_line(causes[-1])}; check DOCKER_HOST and `docker info`"


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and the errors that libraries carry as arguments."""
    seen: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting:
        each = waiting.pop(0)
        if each in seen:
            continue
        seen.append(each)
        yield each
        carried = [each.__cause__, each.__context__, *each.args]
        waiting.extend(other for other in carried if isinstance(other, BaseException))


@contextlib.contextmanager
def asking(what: str) -> Iterator[None]:
    """Turns a failure of the calls inside into an EngineFailed that says what was being done."""
    try:
        yield
    except docker.errors.APIError as error:
        raise EngineFailed(f"cannot {what}: {one_line(error.explanation or error)}") from error
    except (docker.errors.DockerException, requests.exceptions.RequestException, TimeoutError) as error:
        raise EngineFailed(f"cannot {what}: {why_unreachable(error, engine_address())}") from error


def one_line(text: object) -> str:
    return " ".join(str(text).split())
