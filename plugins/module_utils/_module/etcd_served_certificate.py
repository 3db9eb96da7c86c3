# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""etcd_served_certificate: from its parameters to its return values."""

from __future__ import annotations

import typing as t

from .._operations.served_certificate import Proof, prove
from .results import Result


def prove_served(params: t.Mapping[str, t.Any]) -> Result:
    """What the addresses serve. Raises EtcdError, InvalidEndpoint."""
    proofs = [
        Proof(
            certificate=one["certificate"],
            key=one["key"],
            ca_cert=one["ca_cert"] or "",
            served_at=tuple(one["served_at"]),
            accepted_by=tuple(one["accepted_by"]),
        )
        for one in params["certificates"]
    ]
    seen = prove(proofs, params["request_timeout"], params["wait_timeout"])
    return {
        "changed": False,
        "served": [
            {"url": one.url, "fingerprint": one.certificate.fingerprint if one.certificate else None} for one in seen
        ],
    }
