# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of this suite share: the releases and transports under test, and how a failure is looked at."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError

from tests.testbed.releases import numbers

from ..differences import oldest_and_newest, one_of_each_minor

TRANSPORTS = ("gateway", "grpc")
VERSIONS = one_of_each_minor()
OLDEST_AND_NEWEST = oldest_and_newest()
"""For what etcd leaves to its language: TLS, and connections that fail."""


def since(*release: int) -> pytest.MarkDecorator:
    """The test concerns releases from that one on; earlier ones lack what it is about."""
    return pytest.mark.parametrize(
        "version", [version for version in VERSIONS if numbers(version) >= release], indirect=True, scope="module"
    )


def before(*release: int) -> pytest.MarkDecorator:
    """The test concerns releases before that one."""
    return pytest.mark.parametrize(
        "version", [version for version in VERSIONS if numbers(version) < release], indirect=True, scope="module"
    )


def has_hash_kv(transport: str, version: str) -> bool:
    """Whether `hash_kv` can be asked: before 3.5.2 the gateway had one path, /v3/maintenance/hash, for two calls."""
    return transport == "grpc" or numbers(version) >= (3, 5, 2)


def failed(code: str, call: Any, *arguments: object, **options: object) -> EtcdError:
    """The error of a call that must fail, and say at which endpoint."""
    with pytest.raises(EtcdError) as caught:
        call(*arguments, **options)
    error = caught.value
    assert error.code == code, error
    assert error.endpoint in error.message
    return error
