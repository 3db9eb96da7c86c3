# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong while images are made."""

from __future__ import annotations

from ..backend import BackendAbsent, BackendUnavailable


class ImageError(BackendUnavailable):
    """An image cannot be made: the reason, and what to do next. Reads as one line."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(f"{' '.join(reason.split())}; {next_step}")


class PieceMissing(ImageError, BackendAbsent):
    """This machine lacks what an image is made from: a registry, a Debian mirror, or the program that does without a
    registry.
    """
