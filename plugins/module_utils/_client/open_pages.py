# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What etcd tells anyone over HTTP at its client port: no token, no quorum, and whatever carries its API.

/version, /health, /readyz and /metrics (etcd server/embed/etcd.go, etcdserver/api/etcdhttp).
"""

from __future__ import annotations

import json
import re
import time
import typing as t

from .._formats.prometheus_text import samples
from .._membership.model import OpenFigures, OpenHealth
from . import errors
from .addresses import parse_endpoint
from .http1 import HttpConnection, NotHttp
from .open_socket import open_connection
from .rpcs import OPEN_PAGES
from .tcp import TIMED_OUT, words_of
from .transport import failure

if t.TYPE_CHECKING:
    from .endpoint import Connection

_LARGEST_PAGE = 16 * 1024 * 1024
# The check that is left out hangs for seconds where there is no quorum; /health tells at once that there is no leader.
_READY = "/readyz?verbose&exclude=linearizable_read"
_FAILED_CHECK = re.compile(r"^\[-\](\w+)", re.MULTILINE)
_FEATURE = "etcd_server_feature_enabled"
_QUOTA = "etcd_server_quota_backend_bytes"
_KNOWN_PEERS = "etcd_network_known_peers"
# etcd's own words for a cluster version that the leader has not yet set (etcdhttp/version.go).
_UNDECIDED = ("not_decided", "unknown")


def open_health(url: str, connection: Connection, timeout: float) -> OpenHealth:
    """What a member tells of itself without a login, within `timeout` seconds. Raises EtcdError if it tells nothing."""
    with _Pages(url, connection, timeout) as pages:
        versions = pages.json("/version")
        failed_checks = tuple(_FAILED_CHECK.findall(pages.text(_READY)))
        known = [sample for sample in samples(pages.read("/metrics"), (_KNOWN_PEERS,)) if sample.value]
        return OpenHealth(
            url,
            version=_version(versions, "etcdserver"),
            cluster_version=_version(versions, "etcdcluster"),
            storage_version=_version(versions, "storage"),
            failed_checks=failed_checks,
            known_members=len(known),
            trouble=_trouble(pages),
        )


def open_figures(url: str, connection: Connection, timeout: float) -> OpenFigures:
    """What a member tells in figures that its status lacks, within `timeout` seconds. Raises EtcdError."""
    with _Pages(url, connection, timeout) as pages:
        cluster_version = _version(pages.json("/version"), "etcdcluster")
        found = samples(pages.read("/metrics"), (_FEATURE, _QUOTA))
    features = [sample for sample in found if sample.name == _FEATURE]
    return OpenFigures(
        cluster_version=cluster_version,
        quota=next((int(sample.value) for sample in found if sample.name == _QUOTA), 0),
        feature_gates=tuple(sorted(one.label("name") for one in features if one.value)) if features else None,
    )


def _version(versions: dict[str, t.Any], name: str) -> str:
    version = str(versions.get(name, ""))
    return "" if version in _UNDECIDED else version


def _trouble(pages: _Pages) -> str:
    """etcd's own words for why the member is not healthy; empty for a healthy one."""
    try:
        health = pages.json("/health")
    except errors.EtcdError as error:
        return "gives no answer about its health in time" if error.code == errors.TIMEOUT else error.message
    return "" if health.get("health") == "true" else str(health.get("reason") or "not healthy")


class _Pages:
    """The pages of one endpoint, read one after the other on a connection that is kept open, by one deadline."""

    def __init__(self, url: str, connection: Connection, timeout: float) -> None:
        self._url = url
        self._address = parse_endpoint(url)
        self._connection = connection
        self._deadline = time.monotonic() + timeout
        self._http: HttpConnection | None = None

    def __enter__(self) -> _Pages:
        return self

    def __exit__(self, *_reason: object) -> None:
        if self._http is not None:
            self._http.close()

    def json(self, path: str) -> dict[str, t.Any]:
        try:
            found = json.loads(self.read(path) or b"{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise failure(errors.NOT_ETCD, OPEN_PAGES, self._url, f"{path} is not etcd's")
        return found

    def text(self, path: str) -> str:
        return self.read(path).decode("utf-8", "replace")

    def read(self, path: str) -> bytes:
        """The page's content; empty where this release has no such page."""
        try:
            response = self._open().exchange("GET", path, {"Accept": "*/*"})
            content = response.read(_LARGEST_PAGE)
        except TIMED_OUT as error:
            raise failure(errors.TIMEOUT, OPEN_PAGES, self._url, f"no whole answer to {path} in time") from error
        except (OSError, NotHttp) as error:
            raise failure(errors.NOT_ETCD, OPEN_PAGES, self._url, f"{path}: {words_of(error)}") from error
        return content if response.status in (200, 503) else b""

    def _open(self) -> HttpConnection:
        if self._http is None or not self._http.is_open:
            sock = open_connection(OPEN_PAGES, self._address, self._connection, self._deadline)
            self._http = HttpConnection(sock, self._address.host_and_port, self._deadline)
        return self._http
