# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One suite for both transports and every minor release of etcd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection, Endpoint
from ansible_collections.quorum.etcd.plugins.module_utils._client.open_endpoint import open_endpoint

from tests.testbed import Cluster

from .suite import TRANSPORTS, VERSIONS

Open = Callable[..., Endpoint]
Bring = Callable[..., Cluster]


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def cluster(version: str) -> Iterator[Cluster]:
    """Three voters without the strict check, shared by the tests of a file: who changes it puts it back."""
    with Cluster(size=3, version=version, strict=False) as shared:
        yield shared


@pytest.fixture
def bring(version: str) -> Iterator[Bring]:
    """Brings up a cluster of the test's own, of the release under test."""
    made: list[Cluster] = []

    def up(**state: object) -> Cluster:
        own = Cluster(**{"version": version, **state})  # type: ignore[arg-type]
        made.append(own)
        own.start()
        return own

    yield up
    for own in made:
        own.close()


@pytest.fixture
def client(transport: str) -> Iterator[Open]:
    """Opens an endpoint over the transport under test; options as of the modules."""
    opened: list[Endpoint] = []

    def up(url: str, **options: object) -> Endpoint:
        defaults: dict[str, Any] = {"transport": transport, "request_timeout": 10.0}
        endpoint = open_endpoint(url, Connection(**{**defaults, **options, "endpoints": (url,)}))
        opened.append(endpoint)
        return endpoint

    yield up
    for endpoint in opened:
        endpoint.close()
