# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""One question to several places at once, within one time."""

from __future__ import annotations

import threading
import time
import typing as t

Value = t.TypeVar("Value")

# How long after its time a question may still hand in its own answer, which tells more than that it was late.
_GRACE = 0.5


def in_parallel(urls: t.Sequence[str], ask: t.Callable[[str], Value], seconds: float) -> dict[str, Value]:
    """The answers by URL, without those that are not there in time. `ask` keeps to `seconds` itself and raises
    nothing.
    """
    answers: dict[str, Value] = {}
    threads = [
        threading.Thread(target=lambda url=url: answers.update({url: ask(url)}), daemon=True)  # type: ignore[misc]
        for url in dict.fromkeys(urls)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds + _GRACE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return dict(answers)
