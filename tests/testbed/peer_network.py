# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitions between processes of one machine, without any privilege, with TLS too.

Every member advertises a port of this network, which passes the bytes on to the port where the member listens. Nothing
is parsed. Whose connection it is tells the kernel: source port, inode, the process that holds it. So
a link is a pair (from, to), and can be cut in one direction only. What is sent over a cut link is held, as lost packets
are by TCP, and delivered when the link heals.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from .backend import Address
from .connection_owner import holder, inode_of

CHUNK = 1 << 16
SECONDS = 10.0


class PeerNetwork:
    """Carries the peer traffic of one cluster, in a thread of its own.

    ``pids`` tells the running members' process ids by name; other processes are never cut off.
    """

    def __init__(self, pids: Callable[[], Mapping[str, int]]) -> None:
        self._pids = pids
        self._blocked: frozenset[tuple[str, str]] = frozenset()
        self._loop = asyncio.new_event_loop()
        self._changed = asyncio.Condition()
        self._servers: list[asyncio.Server] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="peer network", daemon=True)
        self._thread.start()

    def carry(self, name: str, advertised: Address, listening: Address) -> None:
        """Takes connections for that member at the advertised address, to where it listens."""

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._carry_one(name, listening, reader, writer)

        async def listen() -> None:
            self._servers.append(await asyncio.start_server(accept, advertised.host, advertised.port))

        self._run(listen())

    def block(self, links: Collection[tuple[str, str]]) -> None:
        """From now on these links carry nothing, and all others do."""
        self._run(self._replace_blocked(frozenset(links)))

    def close(self) -> None:
        """Ends every connection and the thread; may be called twice."""
        if self._loop.is_closed():
            return
        self._run(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    async def _replace_blocked(self, links: frozenset[tuple[str, str]]) -> None:
        async with self._changed:
            self._blocked = links
            self._changed.notify_all()

    async def _hang_up(self) -> None:
        for server in self._servers:
            server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._replace_blocked(frozenset())
        # What waited for a cut link finds both its ends gone, and ends.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    async def _carry_one(
        self, target: str, listening: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        near, far = (Address(*writer.get_extra_info(end)[:2]) for end in ("sockname", "peername"))
        to = _Direction(_Caller(inode_of(near, far)), target, is_call=True)
        self._writers.add(writer)
        try:
            await self._passable(to)
            far_reader, far_writer = await asyncio.open_connection(listening.host, listening.port)
        except OSError:
            # Nobody listens there: refuse as hard as the member's own port would.
            writer.transport.abort()
        else:
            self._writers.add(far_writer)
            if writer.is_closing():
                far_writer.transport.abort()
            await asyncio.gather(
                self._pump(to, reader, far_writer), self._pump(replace(to, is_call=False), far_reader, writer)
            )
            self._writers.discard(far_writer)
        self._writers.discard(writer)

    async def _pump(self, direction: _Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._passable(direction)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _passable(self, direction: _Direction) -> None:
        if not self._blocked:
            return
        caller = direction.caller
        # A member that was just started may call before its process id is known here: who calls is asked when it
        # matters.
        caller.name = caller.name or holder(caller.inode, self._pids())
        async with self._changed:
            await self._changed.wait_for(lambda: direction.link not in self._blocked)


@dataclass
class _Caller:
    """Who opened a connection: the socket's inode, and the member, an empty name if none of them or not known yet."""

    inode: int
    name: str = ""


@dataclass(frozen=True)
class _Direction:
    """One of the two directions of a connection."""

    caller: _Caller
    called: str
    is_call: bool

    @property
    def link(self) -> tuple[str, str]:
        return (self.caller.name, self.called) if self.is_call else (self.called, self.caller.name)
