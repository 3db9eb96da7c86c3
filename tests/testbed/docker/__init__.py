# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test bed's hosts as containers of a Docker engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backend import BackendAbsent

if TYPE_CHECKING:
    from .backend import DockerBackend


def backend_class() -> type[DockerBackend]:
    """The backend's class, loaded at the first need: nobody else has to have the Docker SDK."""
    try:
        from .backend import DockerBackend
    except ModuleNotFoundError as missing:
        raise BackendAbsent(
            f"the Python package {missing.name} is missing; pip install it, or use the environment that `make` "
            "has made (.venv/bin)"
        ) from None
    return DockerBackend
