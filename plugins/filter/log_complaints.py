# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: log_complaints
short_description: The last errors and warnings in a log of etcd
version_added: 0.1.0
author:
  - The quorum.etcd founders (@quorum-etcd)
description:
  - Finds the last errors and warnings of an etcd that ended, without the warnings that every etcd prints when it
    starts.
  - It reads the JSON of etcd 3.5 and newer, and the lines of older releases. It ignores other lines, such as those of
    systemd.
options:
  _input:
    description:
      - The lines of the log.
    type: list
    elements: str
    required: true
  most:
    description:
      - How many errors and warnings to return. Equal ones are returned once.
    type: int
    default: 4
seealso:
  - plugin: quorum.etcd.status_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the log of etcd
  ansible.builtin.command: journalctl --unit etcd --lines 40 --output cat --no-pager
  register: log
  changed_when: false

- name: Show its last errors and warnings
  quorum.etcd.show:
    text: "{{ log.stdout_lines | quorum.etcd.log_complaints | join('; ') }}"
"""

RETURN = r"""
_value:
  description: The errors and warnings, the oldest first.
  type: list
  elements: str
  sample: ["discovery failed: member count is unequal"]
"""

import json
import re
import typing as t

from ansible.errors import AnsibleFilterError

# etcd 3.4 and older: `2026-11-20 18:14:38.637118 E | etcdserver: ...`, with C, E or W for what is worth reading.
_OLD_FORM = re.compile(r"^.* [CEW] \| (?P<message>.*)$")
_HARMLESS_LEVELS = ("info", "debug")
# It warns of its own settings at every start (etcd server/embed/config.go).
_HARMLESS_CALLER = "embed/"


def log_complaints(lines: t.Sequence[str], most: int = 4) -> list[str]:
    """The last `most` different complaints in these lines, the oldest first."""
    if isinstance(lines, str) or not isinstance(lines, t.Sequence):
        raise AnsibleFilterError(f"log_complaints takes the lines of a log, and was given {type(lines).__name__}")
    complaints = dict.fromkeys(complaint for complaint in map(_complaint, lines) if complaint)
    return list(complaints)[-most:]


def _complaint(line: str) -> str:
    old = _OLD_FORM.match(line)
    if old:
        return old.group("message")
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(entry, dict) or entry.get("level") in (None, *_HARMLESS_LEVELS):
        return ""
    if str(entry.get("caller", "")).startswith(_HARMLESS_CALLER):
        return ""
    return ": ".join(str(part) for part in (entry.get("msg"), entry.get("error")) if part)


class FilterModule:
    """Ansible's way of finding the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"log_complaints": log_complaints}
