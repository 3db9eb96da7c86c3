# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The gateway where it serves, gRPC where it cannot."""

from __future__ import annotations

import typing as t

from . import errors
from .rpcs import Rpc
from .transport import Fields, Transport
from .transport_gateway import GatewayTransport

if t.TYPE_CHECKING:
    from .addresses import Address
    from .endpoint import Connection


class AutoTransport(Transport):
    """Starts with the gateway. Its `transport_unavailable` and `unimplemented` mean that the call did not reach etcd,
    so that it may be made again, over gRPC; all calls after the former go there too."""

    def __init__(self, address: Address, connection: Connection) -> None:
        self.url = address.url
        self._address = address
        self._connection = connection
        self._gateway: Transport | None = GatewayTransport(address, connection)
        self._grpc: Transport | None = None

    def unary(self, rpc: Rpc, request: Fields, deadline: float, token: str | None) -> Fields:
        if self._gateway is not None:
            try:
                return self._gateway.unary(rpc, request, deadline, token)
            except errors.EtcdError as error:
                self._turn_to_grpc(error)
        return self._over_grpc().unary(rpc, request, deadline, token)

    def close(self) -> None:
        for transport in (self._gateway, self._grpc):
            if transport is not None:
                transport.close()

    def _turn_to_grpc(self, error: errors.EtcdError) -> None:
        """Raises `error` where gRPC would not help, and both reasons where it would, but cannot be had."""
        if error.code not in (errors.TRANSPORT_UNAVAILABLE, errors.UNIMPLEMENTED):
            raise error
        try:
            self._over_grpc()
        except errors.EtcdError as missing:
            raise errors.EtcdError(
                errors.TRANSPORT_UNAVAILABLE,
                f"{error.message}; and {missing.message}",
                endpoint=self.url,
                server_words=error.server_words,
                sent=False,
                next_step=missing.next_step,
            ) from missing
        if error.code == errors.TRANSPORT_UNAVAILABLE and self._gateway is not None:
            self._gateway.close()
            self._gateway = None

    def _over_grpc(self) -> Transport:
        from .transport_grpc import GrpcTransport  # pylint: disable=import-outside-toplevel

        if self._grpc is None:
            self._grpc = GrpcTransport(self._address, self._connection)
        return self._grpc
