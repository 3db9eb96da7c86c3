# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the cache lies, and that one process at a time fills it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testbed import cache


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, "/home/somebody/.cache/quorum-etcd"),
        ({"XDG_CACHE_HOME": ""}, "/home/somebody/.cache/quorum-etcd"),
        ({"XDG_CACHE_HOME": "/var/cache/somebody"}, "/var/cache/somebody/quorum-etcd"),
        ({"XDG_CACHE_HOME": "/var/cache/somebody", "QUORUM_ETCD_CACHE": "~/etcd"}, "/home/somebody/etcd"),
    ],
)
def test_it_lies_where_the_user_keeps_caches(monkeypatch, variables, folder):
    for name in ("XDG_CACHE_HOME", "QUORUM_ETCD_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/somebody", **variables}.items():
        monkeypatch.setenv(name, value)
    assert cache.folder() == Path(folder)


def take(name: str) -> bool:
    with cache.locked(name, 0):
        return True


def test_who_waits_for_another_does_not_wait_for_ever(monkeypatch, tmp_path):
    monkeypatch.setenv(cache.OVERRIDE, str(tmp_path))
    with cache.locked("this", 1):
        assert take("that")
        with pytest.raises(cache.CacheUnusable, match=r"another process has held .*/locks/this for too long"):
            take("this")
    assert take("this")
