# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make lint`: all gates, as many at once as there are cores.

`python -m tests.lint NAME ...` runs some of them, or a set of them.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from . import package, sanity, site
from .gate import COLLECTION, Finding, GateFailed, end_all, run

SECONDS_BETWEEN_LOOKS = 0.5


def command(*words: str | Path) -> Callable[[Path], None]:
    """A gate that is one run of a tool; it needs no scratch folder."""

    def gate(_scratch: Path) -> None:
        run(words)

    return gate


# Slowest first, so that the quick ones fill the gaps.
GATES: dict[str, Callable[[Path], None]] = {
    "sanity": sanity.check,
    "sanity-ends": sanity.check_the_oldest_and_the_newest,
    "types": command("mypy", COLLECTION / "plugins", "tests"),
    "ansible-lint": command("ansible-lint", "--offline", "--strict", "--nocolor", "-q"),
    "documentation": command(
        *("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", "--check-extra-docs-refs"),
        *("--validate-collection-refs", "dependent", COLLECTION),
    ),
    "site": site.check,
    "package": package.check,
    "oldest-python": command("vermin", "--no-tips", "--violations", "--target=3.8-", "--no-parse-comments", "plugins"),
    "changelog": command("antsibull-changelog", "lint"),
    "ruff": command("ruff", "check", "--quiet", "--output-format", "concise", "."),
    "layout": command("ruff", "format", "--check", "--quiet", "--output-format", "concise", "."),
    "shell": command("shellcheck", ".ci/run", ".ci/machine"),
}
QUICK = ("types", "oldest-python", "changelog", "ruff", "layout", "shell")
LEFT_OUT = {"all": {"sanity-ends"}, "test": {"sanity"}}
SETS = (*LEFT_OUT, "quick")
"""What `make lint`, `make test` and `make quick` run: they differ in how many Pythons the sanity tests take, and
whether they run at all.
"""


def gates_of(name: str) -> list[str]:
    """The gates that a name on the command line means: its own, or those of a set."""
    if name == "quick":
        return list(QUICK)
    return [gate for gate in GATES if gate not in LEFT_OUT[name]] if name in LEFT_OUT else [name]


def try_gate(name: str) -> Finding:
    started = time.monotonic()
    report = ""
    with tempfile.TemporaryDirectory(prefix=f"quorum-etcd-{name}-") as scratch:
        try:
            GATES[name](Path(scratch))
        except GateFailed as failure:
            report = str(failure)
        except Exception:  # noqa: BLE001 - a gate that crashes has failed, and must not keep the others from running
            report = traceback.format_exc()
    return Finding(name, report, time.monotonic() - started)


def main(chosen: list[str]) -> int:
    unknown = [name for name in chosen if name not in GATES and name not in SETS]
    if unknown:
        print(
            f"error: there is no gate {', '.join(unknown)}; the gates are {', '.join(GATES)}, and sets of them "
            f"{', '.join(SETS)}"
        )
        return 2
    return run_gates([gate for name in chosen or ["all"] for gate in gates_of(name)])


def run_gates(chosen: list[str]) -> int:
    """Runs the gates and prints how each ended, and last what the failed ones found."""
    failed = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        try:
            for finding in _as_they_end([workers.submit(try_gate, name) for name in chosen]):
                print(
                    f"{'ok    ' if finding.passed else 'FAILED'} {finding.gate:14} {finding.seconds:5.1f} s", flush=True
                )
                if not finding.passed:
                    failed.append(finding)
        except KeyboardInterrupt:
            workers.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise
    for finding in failed:
        print(f"\n--- {finding.gate} ---\n{finding.report}")
    print(f"\n{len(chosen) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _as_they_end(running: Iterable[Future[Finding]]) -> Iterator[Finding]:
    pending = set(running)
    while pending:
        # With a bound: Python sees a signal that comes right before it begins to wait only when it has waited.
        done, pending = wait(pending, SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
        yield from (future.result() for future in done)


if __name__ == "__main__":
    # SIGTERM like Ctrl-C: what was started ends, and the scratch folders go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
