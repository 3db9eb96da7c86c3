# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo does, step by step, and what it expects to see after each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.ansible_playbook import ROOT, PlaybookRun, TaskEnded, TaskStarted
from tests.testbed import Cluster, Member
from tests.testbed.gateway import GatewayError
from tests.testbed.writer import Report, Writer

from .picture import LEADER, LEARNER, Picture, Seen, arithmetic, look
from .screen import BOLD, CYAN, DIM, GREEN, RED, WIDTH, YELLOW, Screen

FOLDER = Path(__file__).parent
JOIN = "join.yml"
REMOVE = "remove.yml"
DONE = {
    "add_learner": "added {} as a learner, without a vote",
    "promote": "gave {} its vote",
    "move_leader": "moved leadership to {}",
    "remove": "removed {}",
}
OUTCOMES = {"failed": RED, "unreachable": RED, "skipped": DIM}
SECONDS_TO_SHOW = 10.0
SECONDS_BETWEEN_LOOKS = 0.1


class Unexpected(Exception):
    """Something did not come as it was announced; the text says what was expected and what came."""


class Script:
    """The cluster, the hosts of the inventory, the writer, and the screen to tell it on."""

    def __init__(self, cluster: Cluster, hosts: list[Member], inventory: Path, writer: Writer, screen: Screen) -> None:
        self._cluster = cluster
        self._hosts = {host.name: host for host in hosts}
        self._inventory = inventory
        self._writer = writer
        self._screen = screen
        self._began = time.monotonic()
        self._steps: list[tuple[float, str]] = []

    def play(self) -> None:
        """All of it. Raises :class:`Unexpected`."""
        first, second, third, fourth = self._hosts
        self._begin(first)
        self._grow(
            second,
            "Growing to two is dangerous: added as a voter, the new member would stop all writes until it runs. "
            "So it joins as a learner, without a vote, and is promoted once it has caught up.",
        )
        self._grow(
            third,
            "etcd takes no change before its members have been connected for five seconds. The module waits for that.",
        )
        dead = self._lose_a_follower()
        self._be_refused(fourth)
        self._remove_the_dead(dead)
        self._grow(fourth, f"The same playbook that was refused a moment ago, for {dead}'s replacement.")
        self._remove_the_leader()
        self._remove_one_more()

    def step_at(self, seconds: float) -> str:
        """The heading of the step that went on so many seconds after the script began."""
        return next((heading for began, heading in reversed(self._steps) if began <= seconds), "the start")

    # -- the steps -----------------------------------------------------------------------------------------------------

    def _begin(self, name: str) -> None:
        self._step("One member")
        self._screen.say(
            f"A new cluster of etcd {self._cluster.version} with default timings. From here on a writer puts 100 "
            "keys a second."
        )
        self._expect_voters({name})

    def _grow(self, name: str, why: str) -> None:
        before = self._picture().names
        self._step(f"{name} joins")
        self._screen.say(why)
        self._play(JOIN, "--limit", name)
        self._expect_voters(before | {name})

    def _lose_a_follower(self) -> str:
        leader = self._picture().leader
        dead = next(name for name in sorted(self._picture().names, reverse=True) if name != leader)
        self._step(f"{dead} dies")
        self._screen.say(
            f"kill -9 of its process. {leader} leads, so nobody notices, but there is nothing left to lose."
        )
        self._hosts[dead].kill()
        picture = self._show(lambda picture: picture.healthy == 2)
        self._expect(
            (picture.voters, picture.healthy, picture.tolerance) == (3, 2, 0),
            "three voters, two of them healthy",
            picture.arithmetic,
        )
        return dead

    def _be_refused(self, name: str) -> None:
        before = self._picture().names
        self._step(f"{name} must not join now")
        self._screen.say(
            "A fourth member to make up for the dead one: the natural mistake. Once it counts, three of four "
            "have to agree, and only two run."
        )
        failed = self._play(JOIN, "--limit", name, refused=True)
        refusal = failed.result.get("refusal") or {}
        self._expect(
            refusal.get("code") == "would_lose_quorum",
            "the refusal would_lose_quorum",
            str(refusal or failed.result.get("msg")),
        )
        self._tell_refusal(refusal)
        self._expect(
            self._picture().names == before, f"the members {sorted(before)}", str(sorted(self._picture().names))
        )

    def _remove_the_dead(self, name: str) -> None:
        before = self._picture().names
        self._step(f"{name} is removed")
        self._screen.say("What the refusal said to do. It works from any host, and without the dead member's help.")
        self._play(REMOVE, "-e", f"member={name}")
        self._expect_voters(before - {name})

    def _remove_the_leader(self) -> None:
        before = self._picture()
        self._step(f"The leader, {before.leader}, is removed")
        self._screen.say(
            "Removed just so, it would leave the others to elect a new leader, one or two seconds without a "
            "write. So leadership moves first."
        )
        removal = self._play(REMOVE, "-e", f"member={before.leader}")
        done = [step["action"] for step in removal.result["done"]]
        self._expect(done == ["move_leader", "remove"], "leadership to move, and then the removal", str(done))
        self._expect_voters(before.names - {before.leader})

    def _remove_one_more(self) -> None:
        before = self._picture()
        leaver = next(name for name in sorted(before.names) if name != before.leader)
        self._step(f"{leaver} is removed")
        self._screen.say("Back to one member, while the writer writes on.")
        self._play(REMOVE, "-e", f"member={leaver}")
        self._expect_voters(before.names - {leaver})

    def _step(self, heading: str) -> None:
        self._steps.append((time.monotonic() - self._began, heading))
        self._screen.heading(heading)

    # -- playbooks -----------------------------------------------------------------------------------------------------

    def _play(self, playbook: str, *arguments: str, refused: bool = False) -> TaskEnded:
        """Runs a playbook and tells of its tasks; returns how the last one ended.

        ``refused`` is whether that has to be a failure.
        """
        command = " ".join(["$ ansible-playbook -i hosts.yml", str((FOLDER / playbook).relative_to(ROOT)), *arguments])
        self._screen.line()
        self._screen.line(f"  {self._screen.paint(command, BOLD)}")
        run = PlaybookRun(["-i", str(self._inventory), str(FOLDER / playbook), *arguments], self._inventory.parent)
        last = self._follow(run)
        if last is None:
            raise Unexpected(f"{playbook} ran no task at all: no host of {arguments} is in the inventory")
        expected = "a failure" if refused else "success"
        self._expect(
            (run.exit_code != 0) == refused,
            f"{expected} of {playbook}",
            f"exit code {run.exit_code}: {last.result.get('msg', last.outcome)}",
        )
        return last

    def _follow(self, run: PlaybookRun) -> TaskEnded | None:
        last = None
        events = iter(run)
        started = next((event for event in events if isinstance(event, TaskStarted)), None)
        while started is not None:
            with self._screen.waiting(started.name) as end_with:
                ended = next((event for event in events if isinstance(event, TaskEnded)), None)
                if ended is not None:
                    last = ended
                    end_with(*_outcome(ended))
            if ended is not None:
                self._tell_what_was_done(ended)
            started = next((event for event in events if isinstance(event, TaskStarted)), None)
        return last

    def _tell_what_was_done(self, ended: TaskEnded) -> None:
        for wait in ended.result.get("waits", ()):
            if wait["seconds"] >= 1:
                self._screen.say(
                    f"waited {wait['seconds']:.1f} s ({wait['code']}): {wait['message']}",
                    DIM,
                    first="    ",
                    rest="    ",
                )
        for step in ended.result.get("done", ()):
            self._screen.say(DONE[step["action"]].format(step["member"]["name"]), CYAN, first="    ", rest="    ")
        for warning in ended.result.get("warnings", ()):
            self._screen.say(warning, YELLOW, first="    ", rest="    ")

    def _tell_refusal(self, refusal: Mapping[str, Any]) -> None:
        before, after = (_in_words(refusal["arithmetic"][when]) for when in ("before", "after"))
        rows = (
            ("refusal", refusal["code"]),
            ("message", refusal["message"]),
            ("now", before),
            ("then", after),
            ("next step", refusal["next_step"]),
        )
        self._screen.line()
        for label, text in rows:
            self._screen.say(text, RED if label == "refusal" else "", first=f"    {label:10} ", rest=" " * 15)

    # -- pictures ------------------------------------------------------------------------------------------------------

    def _picture(self, is_awaited: Callable[[Picture], bool] = lambda picture: bool(picture.leader)) -> Picture:
        """What is to be seen, the awaited as soon as it is; the last that was seen where it does not come."""
        end = time.monotonic() + SECONDS_TO_SHOW
        while True:
            try:
                picture = look(self._cluster)
            except (OSError, GatewayError) as problem:  # an election, say; a busy machine has some
                if time.monotonic() > end:
                    raise Unexpected(
                        f"expected the cluster to answer within {SECONDS_TO_SHOW:g} s; came: {problem}"
                    ) from problem
            else:
                if is_awaited(picture) or time.monotonic() > end:
                    return picture
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _show(self, is_awaited: Callable[[Picture], bool]) -> Picture:
        picture = self._picture(is_awaited)
        self._screen.line()
        for member in picture.members:
            self._screen.line(self._member(member))
        writes = f"{self._writer.acknowledged} writes so far"
        self._screen.line(
            f"  {self._screen.paint(f'{picture.arithmetic:{WIDTH - 2 - len(writes)}}', BOLD)}"
            f"{self._screen.paint(writes, DIM)}"
        )
        return picture

    def _member(self, member: Seen) -> str:
        marks = ("●", "○") if self._screen.has_unicode else ("*", "-")
        colour = RED if not member.is_up else YELLOW if member.role == LEARNER else GREEN
        state = f"up, etcd {member.version}" if member.is_up else "down"
        role = self._screen.paint(f"{member.role:8}", *((BOLD,) if member.role == LEADER else ()))
        return (
            f"  {self._screen.paint(marks[0 if member.is_up else 1], colour)} {member.name:8} {role} "
            f"{self._screen.paint(state, colour)}"
        )

    def _expect_voters(self, names: set[str]) -> None:
        """All members are healthy voters, and these are they."""
        picture = self._show(lambda picture: picture.names == names and picture.healthy == len(names))
        self._expect(picture.names == names, f"the members {sorted(names)}", str(sorted(picture.names)))
        self._expect(picture.healthy == len(names), f"{len(names)} healthy voters", picture.arithmetic)

    @staticmethod
    def _expect(holds: bool, expected: str, came: str) -> None:
        if not holds:
            raise Unexpected(f"expected {expected}; came: {came}")


def _outcome(ended: TaskEnded) -> tuple[str, str]:
    if ended.outcome in OUTCOMES:
        return ("refused" if "refusal" in ended.result else ended.outcome), OUTCOMES[ended.outcome]
    return ("changed", YELLOW) if ended.changed else ("ok", GREEN)


def _in_words(quorum: Mapping[str, int] | None) -> str:
    return arithmetic(quorum["voters"], quorum["size"], quorum["healthy"], quorum["fault_tolerance"]) if quorum else ""


def check_writes(report: Report) -> None:
    """What a change of the membership may cost the writer: nothing. Raises :class:`Unexpected`."""
    if report.lost:
        raise Unexpected(f"expected no acknowledged write to be lost; lost: {report.lost}")
    if report.failed:
        raise Unexpected(f"expected no write to fail; failed: {report.failed}")
