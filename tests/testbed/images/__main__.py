# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.testbed.images build|list|remove`."""

from __future__ import annotations

import argparse
import os
import sys

import docker
import docker.errors
import requests.exceptions

from ..backend import BackendAbsent, BackendUnavailable
from ..cache import CacheUnusable
from ..docker.engine import connect
from . import build as builder
from .recipe import KINDS, OVERRIDE, Image

# A pull or a build may say nothing for this long, in seconds.
SILENCE = 120


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description="Container images for the tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="make what is missing; an unchanged image costs nothing")
    build.add_argument("--kind", action="append", choices=KINDS, help="repeat for more (default: all)")
    build.add_argument("--refresh", action="store_true", help="make them anew, also from an unchanged recipe")
    build.add_argument(
        "--if-engine",
        action="store_true",
        help="where this machine lacks an engine or a way to images, say so and succeed, unless CI is set",
    )
    commands.add_parser("list", help="the images that the tests use, and whether the engine has them")
    commands.add_parser("remove", help="remove the images of this project")
    return parser.parse_args()


def build(client: docker.DockerClient, wanted: argparse.Namespace) -> None:
    if os.environ.get(OVERRIDE):
        tell(f"{OVERRIDE}={os.environ[OVERRIDE]} is used for everything; nothing is built")
        return
    builder.build(client, wanted.kind or KINDS, tell, wanted.refresh)


def show(client: docker.DockerClient) -> None:
    for kind in KINDS:
        name = Image(kind).name
        tell(f"{name}  {'present' if builder.image_id(client, name) else 'missing'}")


def tell(line: str) -> None:
    print(f"images: {line}", flush=True)


def main() -> int:
    wanted = arguments()
    try:
        client = connect()
        client.api.timeout = SILENCE
        if wanted.command == "build":
            build(client, wanted)
        elif wanted.command == "list":
            show(client)
        else:
            builder.remove(client, tell)
    except BackendAbsent as absent:
        print(f"images: {absent}", file=sys.stderr)
        return 0 if getattr(wanted, "if_engine", False) and not os.environ.get("CI") else 1
    except (
        BackendUnavailable,
        CacheUnusable,
        docker.errors.DockerException,
        requests.exceptions.RequestException,
    ) as error:
        print(f"images: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
