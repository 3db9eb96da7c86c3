# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plainest playbooks that do what the role does: unpack, write a unit, start it, and ask etcdctl for the health.

Nothing is checked, and whatever goes wrong is left as it is. Their etcd has ports, directories and a unit of its own,
so that it can run beside that of the role.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

HOME = "/opt/plain"
CLIENT_PORT, PEER_PORT = 12379, 12380
_HEALTH = {
    "name": "Ask for the health",
    "ansible.builtin.command": {
        "argv": [f"{HOME}/etcdctl", f"--endpoints=http://127.0.0.1:{CLIENT_PORT}", "endpoint", "health"]
    },
    "environment": {"ETCDCTL_API": "3"},
    "register": "health",
    "until": "health.rc == 0",
    "retries": 30,
    "delay": 1,
    "changed_when": False,
}
_RESTART = {
    "name": "Restart etcd",
    "ansible.builtin.systemd_service": {"name": "plain", "state": "restarted", "daemon_reload": True},
}


def playbooks(folder: Path, hosts: Sequence[str], archives: Mapping[str, Path]) -> dict[str, Path]:
    """Files of playbooks, by what they do. The keys of `archives` are `deploy` and `upgrade`."""
    start = {"name": "plain", "state": "started", "enabled": True, "daemon_reload": True, "no_block": True}
    deploy = [
        {"name": "Make directories", "ansible.builtin.file": {"path": "{{ item }}", "state": "directory"}}
        | {"loop": [HOME, "/var/lib/plain"]},
        _unpack(archives["deploy"]),
        {
            "name": "Write the unit",
            "ansible.builtin.copy": {"content": _unit(hosts), "dest": "/etc/systemd/system/plain.service"},
        },
        {"name": "Start etcd", "ansible.builtin.systemd_service": start},
        _HEALTH,
    ]
    plays: dict[str, dict[str, Any]] = {
        "deploy": {"tasks": deploy},
        "restart": {"serial": 1, "tasks": [_RESTART, _HEALTH]},
        "upgrade": {"serial": 1, "tasks": [_unpack(archives["upgrade"]), _RESTART, _HEALTH]},
    }
    files = {name: folder / f"plain_{name}.yml" for name in plays}
    for name, play in plays.items():
        files[name].write_text(yaml.safe_dump([{"hosts": "etcd", "gather_facts": False, **play}], sort_keys=False))
    return files


def _unpack(archive: Path) -> dict[str, Any]:
    return {
        "name": "Unpack the archive",
        "ansible.builtin.unarchive": {"src": str(archive), "dest": HOME, "extra_opts": ["--strip-components=1"]},
    }


def _unit(hosts: Sequence[str]) -> str:
    url = "http://{{ etcd_address }}"
    cluster = ",".join(f"{host}=http://{{{{ hostvars['{host}'].etcd_address }}}}:{PEER_PORT}" for host in hosts)
    flags = {
        "name": "{{ inventory_hostname }}",
        "data-dir": "/var/lib/plain/data",
        "unsafe-no-fsync": "true",
        "listen-peer-urls": f"{url}:{PEER_PORT}",
        "initial-advertise-peer-urls": f"{url}:{PEER_PORT}",
        "listen-client-urls": f"{url}:{CLIENT_PORT},http://127.0.0.1:{CLIENT_PORT}",
        "advertise-client-urls": f"{url}:{CLIENT_PORT}",
        "initial-cluster": cluster,
        "initial-cluster-token": "plain",
    }
    command = " ".join([f"{HOME}/etcd", *(f"--{flag}={value}" for flag, value in flags.items())])
    return f"[Service]\nType=notify\nExecStart={command}\n\n[Install]\nWantedBy=multi-user.target\n"
