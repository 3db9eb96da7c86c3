# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""From the connection options to an endpoint that can be asked."""

from __future__ import annotations

import typing as t

from .addresses import Address, parse_endpoint

if t.TYPE_CHECKING:
    from .endpoint import Connection, Endpoint
    from .login import Login
    from .transport import Transport


def open_endpoint(url: str, connection: Connection, login: Login | None = None) -> Endpoint:
    """The endpoint at `url`, over the transport that `connection` names. Nothing is sent before the first question.

    Endpoints of one cluster should share one `login`: then one of them logs in for all.

    Raises InvalidEndpoint; EtcdError `transport_unavailable` where the transport named cannot be had on this host.
    """
    from .transport_endpoint import TransportEndpoint  # pylint: disable=import-outside-toplevel

    address = parse_endpoint(url, connection.default_scheme)
    return TransportEndpoint(
        connection, _transport(address, connection), login, lambda: _transport(address, connection)
    )


def _transport(address: Address, connection: Connection) -> Transport:
    # Each imported only where it is used: module code is compiled from its source at every run.
    if connection.transport == "grpc":
        from .transport_grpc import GrpcTransport  # pylint: disable=import-outside-toplevel

        return GrpcTransport(address, connection)
    if connection.transport == "gateway":
        from .transport_gateway import GatewayTransport  # pylint: disable=import-outside-toplevel

        return GatewayTransport(address, connection)
    from .transport_auto import AutoTransport  # pylint: disable=import-outside-toplevel

    return AutoTransport(address, connection)
