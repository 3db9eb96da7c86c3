# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""The text in which programs tell their metrics to Prometheus (prometheus.io/docs/instrumenting/exposition_formats)."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

_SAMPLE = re.compile(r"(?P<name>[A-Za-z_:][\w:]*)(?:\{(?P<labels>.*)\})? +(?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Sample:
    """One metric with its labels, and its value."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float

    def label(self, name: str) -> str:
        """The label's value as it stands there; empty where there is no such label."""
        return dict(self.labels).get(name, "")


def samples(content: bytes, names: t.Collection[str]) -> list[Sample]:
    """The samples of these metrics. Lines that are none are passed over."""
    wanted = tuple(names)
    lines = content.decode("utf-8", "replace").splitlines()
    found = (_sample(line) for line in lines if line.startswith(wanted))
    return [sample for sample in found if sample is not None and sample.name in names]


def _sample(line: str) -> Sample | None:
    match = _SAMPLE.match(line)
    if match is None:
        return None
    try:
        value = float(match["value"])
    except ValueError:
        return None
    return Sample(match["name"], tuple(_LABEL.findall(match["labels"] or "")), value)
