# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_host_files: from its parameters to its return values."""

from __future__ import annotations

import re
import typing as t

from .._operations.host_files import Access, Difference, Directory, File, HostFileProblem, settle

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from .results import Result

_ACCESS: dict[str, t.Any] = {
    "path": {"type": "path", "required": True},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
}
OPTIONS: dict[str, t.Any] = {
    "directories": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            **_ACCESS,
            "mode": {"type": "str", "default": "0755"},
            "exclusive": {"type": "bool", "default": False},
        },
    },
    "files": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {**_ACCESS, "mode": {"type": "str", "default": "0644"}, "content": {"type": "str"}},
    },
    # Not among `files`: Ansible logs a list as Python writes it, where it does not find a secret of several lines
    # again.
    "secrets": {"type": "dict", "default": {}, "no_log": True},
}


def bring_host_files(module: AnsibleModule) -> None:
    """Exits with what was other than wanted, or fails with what stands in the way."""
    try:
        module.exit_json(**_settled(module.params, module.check_mode))
    except HostFileProblem as problem:
        module.fail_json(msg=f"{problem}.")


def _settled(params: t.Mapping[str, t.Any], check: bool) -> Result:
    secrets = params["secrets"]
    directories = [Directory(one["path"], _access(one), one["exclusive"]) for one in params["directories"]]
    files = [File(one["path"], _content(one, secrets), _access(one), one["path"] in secrets) for one in params["files"]]
    for path in sorted({*secrets} - {file.path for file in files}):
        raise HostFileProblem(f"{path} is among the secrets and not among the files. Name it in both")
    differences = settle(directories, files, check)
    paths = list(dict.fromkeys(difference.path for difference in differences))
    return {"changed": bool(paths), "changed_paths": paths, "diff": [_diff(difference) for difference in differences]}


def _access(one: t.Mapping[str, t.Any]) -> Access:
    if not re.fullmatch("0?[0-7]{3}", one["mode"]):
        raise HostFileProblem(
            "{}: the mode {} is not an octal number of three digits. Give one such as 0644".format(
                one["path"], one["mode"]
            )
        )
    return Access(one["owner"], one["group"], int(one["mode"], 8))


def _content(one: t.Mapping[str, t.Any], secrets: t.Mapping[str, str]) -> str:
    path, content = one["path"], one["content"]
    if (content is None) != (path in secrets):
        seen = "neither a content nor a secret" if content is None else "both a content and a secret"
        raise HostFileProblem(f"{path} has {seen}. Give one of them")
    return t.cast(str, secrets[path] if content is None else content)


def _diff(difference: Difference) -> Result:
    before, after = ("" if words is None else words for words in (difference.before, difference.after))
    line = "" if difference.is_content else "\n"
    headers = {"before_header": difference.path, "after_header": difference.path}
    return {**headers, "before": before and before + line, "after": after and after + line}
