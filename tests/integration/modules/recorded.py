# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of which every client request is recorded: what was asked of it, and a hand on each request."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tests.testbed import Cluster
from tests.testbed.recording_proxy import Recorded, RecordingProxy

LOCK = ("/lease/grant", "/kv/lease/revoke")
MOST_REQUESTS = 200


class Recording:
    """Proxies in front of all members of a cluster, by member name."""

    def __init__(self, proxies: dict[str, RecordingProxy]) -> None:
        self.proxies = proxies

    @property
    def connection(self) -> dict[str, Any]:
        return {"endpoints": [proxy.url for proxy in self.proxies.values()], "transport": "gateway"}

    @property
    def requests(self) -> list[Recorded]:
        return [request for proxy in self.proxies.values() for request in proxy.requests]

    @property
    def mutating(self) -> list[str]:
        """The paths of the requests that change something, the lock's included."""
        return [request.path for request in self.requests if request.is_mutating]

    @property
    def changes(self) -> list[str]:
        """The paths of the requests that change the cluster."""
        return [path for path in self.mutating if path not in LOCK]

    def forget(self) -> None:
        for proxy in self.proxies.values():
            proxy.forget()

    def at_each(self, action: Callable[[int, Recorded], None], path: str, forwarded: bool) -> None:
        """Calls `action` with the number, counted over all members from 1, of each request of that path."""
        turn = threading.Lock()
        met = 0

        def count(recorded: Recorded) -> None:
            nonlocal met
            with turn:
                met += 1
                number = met
            action(number, recorded)

        for proxy in self.proxies.values():
            for number in range(1, MOST_REQUESTS):
                proxy.call(number, count, path, forwarded)


@contextlib.contextmanager
def recorded(cluster: Cluster) -> Iterator[Recording]:
    """Puts a proxy in front of every member.

    The members advertise it, so that who asks the list for addresses does not pass it by.
    """
    with contextlib.ExitStack() as stack:
        proxies = {member.name: stack.enter_context(RecordingProxy(member.client_url)) for member in cluster.live}
        for name, proxy in proxies.items():
            cluster[name].restart(advertise_client_urls=proxy.url)
        cluster.wait_healthy()
        yield Recording(proxies)
