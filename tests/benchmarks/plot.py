# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of the availability benchmark: for each change, how long nothing was acknowledged, run by run."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot as plt  # the backend is chosen before

from .availability import CHANGES, ELECTION_SECONDS, Sample, of
from .operators import Etcdctl, Nobody, OurModule

COLOURS = {Nobody.name: "#6e7781", OurModule.name: "#1a7f37", Etcdctl.name: "#cf222e"}
ABOVE = {Nobody.name: 0.0, OurModule.name: 0.16, Etcdctl.name: -0.16}


def draw(samples: Sequence[Sample], file: Path) -> None:
    """Writes the picture; a dot is one run, a bar the median."""
    releases = list(dict.fromkeys(sample.release for sample in samples))
    figure, axes = plt.subplots(
        1,
        len(releases),
        figsize=(4.6 * len(releases), 3.6),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, release in zip(axes[0], releases, strict=True):
        _draw_release(axis, samples, release)
    axes[0][0].set_yticks(range(len(CHANGES)), [change.name for change in reversed(CHANGES)])
    figure.suptitle("The longest time without an acknowledged write while the membership changes", fontsize=11)
    figure.legend(
        *axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False, fontsize=9
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    # No date: the same samples give the same file.
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=150)
    plt.close(figure)


def _draw_release(axis: plt.Axes, samples: Sequence[Sample], release: str) -> None:
    for operator, colour in COLOURS.items():
        for row, change in enumerate(reversed(CHANGES)):
            reports = of(samples, release, change.name, operator)
            if not reports:
                continue
            gaps = [report.longest_gap for report in reports]
            place = row + ABOVE[operator]
            axis.barh(place, statistics.median(gaps), height=0.3, color=colour, alpha=0.25)
            axis.plot(
                gaps,
                [place] * len(gaps),
                "o",
                markersize=4,
                color=colour,
                label=operator if row in (0, len(CHANGES) - 1) else None,
            )
            failed = round(statistics.median(report.failed for report in reports))
            if failed:
                axis.annotate(
                    f"{failed} failed",
                    (max(gaps), place),
                    xytext=(6, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                    color=colour,
                )
    axis.axvline(ELECTION_SECONDS, color="#888888", linewidth=0.8, linestyle=":", label="one election time-out")
    axis.set_xscale("log")
    axis.set_xlim(0.01, 40)
    axis.set_xticks([0.01, 0.1, 1, 10], ["10 ms", "100 ms", "1 s", "10 s"])
    axis.set_title(f"etcd {release}", fontsize=10)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
