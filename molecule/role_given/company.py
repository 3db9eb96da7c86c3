# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`company.py FOLDER "ADDRESS HOST ADDRESS HOST ..."`: what the operator of a company's CA hands out.

`new/HOST/` gets the keys and certificates of a host, `expired/HOST/` such that have expired, `new/` the CA bundles, and
`both/` those with the old CAs, which are read from `old/HOST/`, as well.
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import trustme

BUNDLES = ("ca.crt", "peer-ca.crt")


def hand_out(folder: Path, addresses: dict[str, str]) -> None:
    company = trustme.CA(organization_name="The company")
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    for name, end in (("new", None), ("expired", yesterday)):
        for host, address in addresses.items():
            place = folder / name / host
            place.mkdir(parents=True)
            for kind in ("server", "peer"):
                leaf = company.issue_cert(address, host, "127.0.0.1", "::1", "localhost", not_after=end)
                _write(leaf, place / kind)
            _write(company.issue_cert("administrators@company.example", not_after=end), place / "client")
    (folder / "both").mkdir()
    for name in BUNDLES:
        old = (folder / "old" / next(iter(addresses)) / name).read_bytes()
        (folder / "new" / name).write_bytes(company.cert_pem.bytes())
        (folder / "both" / name).write_bytes(old + company.cert_pem.bytes())


def _write(leaf: trustme.LeafCert, path: Path) -> None:
    path.with_suffix(".key").write_bytes(leaf.private_key_pem.bytes())
    path.with_suffix(".crt").write_bytes(leaf.cert_chain_pems[0].bytes())


if __name__ == "__main__":
    words = sys.argv[2].split()
    hand_out(Path(sys.argv[1]), dict(zip(words[1::2], words[::2])))
