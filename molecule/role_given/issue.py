# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own authorities, an old one and a new one, and what each has signed for the hosts and for an administrator.

python issue.py DIRECTORY '{"etcd1": "172.18.0.2", ...}'
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import trustme


def issue(directory: Path, addresses: dict[str, str]) -> None:
    directory.mkdir(parents=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "ca.crt")
    # Without a common name, as etcd demands of whoever uses its gateway where authentication is on.
    leaves = {name: authority.issue_cert(address, "127.0.0.1") for name, address in addresses.items()}
    for name, leaf in {**leaves, "admin": authority.issue_cert("admin@scenario.example")}.items():
        leaf.cert_chain_pems[0].write_to_path(directory / f"{name}.crt")
        leaf.private_key_pem.write_to_path(directory / f"{name}.key")
        (directory / f"{name}.key").chmod(0o600)


if __name__ == "__main__":
    for who in ("old", "new"):
        issue(Path(sys.argv[1]) / who, json.loads(sys.argv[2]))
