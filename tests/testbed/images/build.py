# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the images: from the official Debian image where a registry answers, else from a bootstrapped base; then the
same Dockerfile.
"""

from __future__ import annotations

import collections
import contextlib
import time
import typing as t

import docker
import docker.errors
import requests.exceptions

from .. import cache
from .bootstrap import bootstrap
from .errors import ImageError
from .recipe import CONTEXT, LABEL, REPOSITORY, Image, recipe_hash

PULL_TIMEOUT = 300
BUILD_TIMEOUT = 900


def build(
    client: docker.DockerClient, kinds: t.Sequence[str], tell: t.Callable[[str], None], refresh: bool = False
) -> None:
    """Make the images of these kinds that are missing (all of them if `refresh`), telling one line for each step.

    A clone that wants the same ones at the same time waits, and finds them.
    """
    images = [Image(kind) for kind in kinds]
    are_there = not refresh and all(image_id(client, image.name) for image in images)
    with contextlib.nullcontext() if are_there else cache.locked("images", BUILD_TIMEOUT):
        make_missing(client, images, tell, refresh)


def make_missing(
    client: docker.DockerClient, images: t.Sequence[Image], tell: t.Callable[[str], None], refresh: bool
) -> None:
    missing = [image for image in images if refresh or image_id(client, image.name) is None]
    for image in images:
        if image not in missing:
            tell(f"{image.name}: unchanged")
    if not missing:
        return
    base = base_image(client, missing[0], tell, refresh)
    for image in missing:
        started = time.monotonic()
        replaced = image_id(client, image.name)
        run_build(client, image, base)
        if replaced:
            with contextlib.suppress(docker.errors.APIError):
                client.images.remove(replaced)
        tell(f"{image.name}: built on {base} in {time.monotonic() - started:.0f} s")


def image_id(client: docker.DockerClient, name: str) -> str | None:
    """The id of an image that the engine has, else None."""
    try:
        return client.images.get(name).id
    except docker.errors.ImageNotFound:
        return None


def base_image(client: docker.DockerClient, image: Image, tell: t.Callable[[str], None], refresh: bool) -> str:
    for name in (image.official_base, image.bootstrapped_base):
        if not refresh and image_id(client, name):
            return name
    started = time.monotonic()
    refused = pull(client, image.official_base)
    if refused is None:
        tell(f"{image.official_base}: pulled in {time.monotonic() - started:.0f} s")
        return image.official_base
    tell(f"{image.official_base}: no registry gives it ({refused}); bootstrapping from this machine's Debian mirror")
    base = bootstrap(client, image, tell)
    tell(f"{base}: bootstrapped in {time.monotonic() - started:.0f} s")
    return base


def pull(client: docker.DockerClient, name: str) -> str | None:
    """Pull an image; why it could not be had, in one line, or None.

    A registry that answers nothing costs PULL_TIMEOUT at most.
    """
    repository, tag = name.split(":")
    deadline = time.monotonic() + PULL_TIMEOUT
    try:
        for event in client.api.pull(repository, tag=tag, stream=True, decode=True):
            if "error" in event:
                return " ".join(event["error"].split())
            if time.monotonic() > deadline:
                return f"not done after {PULL_TIMEOUT} s"
    except (docker.errors.APIError, requests.exceptions.RequestException) as error:
        return " ".join(str(getattr(error, "explanation", None) or error).split())
    return None


def run_build(client: docker.DockerClient, image: Image, base: str) -> None:
    said: collections.deque[str] = collections.deque(maxlen=20)
    deadline = time.monotonic() + BUILD_TIMEOUT
    # The engine's own builder behind the plain API: the same with and without buildx.
    for event in client.api.build(
        path=str(CONTEXT),
        tag=image.name,
        target=image.kind,
        buildargs={"BASE": base},
        labels={LABEL: recipe_hash()},
        rm=True,
        forcerm=True,
        decode=True,
    ):
        said.extend(event.get("stream", "").splitlines())
        if "error" in event:
            cause = next((line for line in reversed(said) if line.startswith("E:")), "")
            raise ImageError(
                f"{image.name}: {event['error']} {cause}", "run the build again, or see what apt says on this machine"
            )
        if time.monotonic() > deadline:
            raise ImageError(
                f"{image.name}: not built after {BUILD_TIMEOUT} s; last output: {said[-1] if said else 'none'}",
                "check the Debian mirror",
            )


def remove(client: docker.DockerClient, tell: t.Callable[[str], None]) -> None:
    """Remove every image of this project from the engine, of any checkout, that no container uses."""
    for found in client.images.list(filters={"label": LABEL}):
        ours = [tag for tag in found.tags if tag.split(":")[0] == REPOSITORY]
        for name in ours or ([] if found.tags else [str(found.id)]):
            try:
                client.images.remove(name)
                tell(f"{name}: removed")
            except docker.errors.APIError as error:
                tell(f"{name}: kept ({error.explanation})")
