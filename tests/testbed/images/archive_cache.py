# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps what Python compiles of archives. For the hosts of the tests, where each Python begins with it.

Ansible brings every task to a host as an archive, whose hundred files Python compiles anew each time: a third of what a
task costs.
"""

import hashlib
import marshal
import os
import zipimport
from contextlib import suppress

FOLDER = "/var/cache/python-archives"
_compile = zipimport._compile_source  # type: ignore[attr-defined]


def _compile_once(path, source):
    kept = os.path.join(FOLDER, hashlib.sha256(path.rpartition(".zip")[2].encode() + source).hexdigest())
    with suppress(OSError, ValueError, EOFError), open(kept, "rb") as file:
        return marshal.load(file)  # noqa: S302 - written below, by root alone
    code = _compile(path, source)
    with suppress(OSError):
        os.makedirs(FOLDER, mode=0o700, exist_ok=True)
        part = f"{kept}.{os.getpid()}"
        with open(part, "wb") as file:
            marshal.dump(code, file)
        os.rename(part, kept)
    return code


zipimport._compile_source = _compile_once  # type: ignore[attr-defined]
