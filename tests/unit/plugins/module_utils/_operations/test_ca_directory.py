# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of private CAs as it is on a disk."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import trustme
from ansible_collections.quorum.etcd.plugins.module_utils._membership.ca_directory import CaDirectory
from ansible_collections.quorum.etcd.plugins.module_utils._operations import ca_directory, ca_key
from ansible_collections.quorum.etcd.plugins.module_utils._operations.ca_directory import (
    access_to,
    observe_ca_directory,
)
from cryptography.hazmat.primitives import serialization

PASSPHRASE = "correct horse"
CA = trustme.CA()
KEY = CA.private_key_pem.bytes()
CERTIFICATE = CA.cert_pem.bytes().decode()


def encrypted() -> bytes:
    key = serialization.load_pem_private_key(KEY, None)
    form, encryption = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(PASSPHRASE.encode())
    return key.private_bytes(serialization.Encoding.PEM, form, encryption)


def observed(path: Path, passphrase: str = "", certificate: str = CERTIFICATE, **decrypted: str) -> CaDirectory:
    return observe_ca_directory(str(path), {"ca": certificate}, passphrase, decrypted)


@pytest.fixture
def place(tmp_path):
    """A directory with one key, for its owner alone."""
    path = tmp_path / "etcd-ca" / "orders"
    path.mkdir(parents=True, mode=0o700)
    path.chmod(0o700)
    write(path, KEY)
    return path


def write(place: Path, key: bytes, mode: int = 0o600) -> None:
    (place / "ca.key").write_bytes(key)
    (place / "ca.key").chmod(mode)


@pytest.mark.parametrize(
    ("key", "passphrase", "problem"),
    [
        (KEY, "", ""),
        (KEY, PASSPHRASE, ""),
        (encrypted(), PASSPHRASE, ""),
        (encrypted(), "", "ca.key is encrypted. Set etcd_cluster_ca_passphrase"),
        (encrypted(), "another one", "etcd_cluster_ca_passphrase is not the passphrase of"),
        (b"no key", "", "ca.key holds no private key"),
        (trustme.CA().private_key_pem.bytes(), "", "ca.key is not the key of the certificate beside it"),
        (b"$ANSIBLE_VAULT;1.1;AES256\n3031\n", "", "--vault-password-file"),
    ],
)
def test_a_key_is_tried(place, key, passphrase, problem):
    write(place, key)
    found = observed(place, passphrase).keys["ca"].problem
    assert problem in found
    assert bool(problem) == bool(found)


def test_a_key_that_the_controller_has_decrypted_is_tried(place):
    write(place, b"$ANSIBLE_VAULT;1.1;AES256\n3031\n", mode=0o644)
    found = observed(place, ca=KEY.decode())
    assert (found.keys["ca"].protection, found.keys["ca"].problem, found.exposed) == ("vault", "", ())


def test_a_key_that_is_encrypted_twice_is_told(place):
    write(place, b"$ANSIBLE_VAULT;1.1;AES256\n3031\n")
    found = observed(place, PASSPHRASE, ca=encrypted().decode())
    assert "ca.key is encrypted twice" in found.keys["ca"].problem


def test_a_key_that_this_user_may_not_read_is_told(place, monkeypatch):
    def text_of(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(ca_directory, "text_of", text_of)
    found = observed(place).keys["ca"]
    assert (found.protection, found.problem.partition(". ")[0]) == ("unreadable", f"{place}/ca.key cannot be read")


def test_a_certificate_that_is_none_is_told(place):
    assert "ca.crt holds no certificate" in observed(place, certificate="no certificate").keys["ca"].problem


def test_without_the_package_no_key_is_tried(place, monkeypatch):
    monkeypatch.setattr(ca_key, "PACKAGE", "no_such_package")
    found = observed(place)
    assert "lacks the Python package no_such_package" in found.unable
    assert found.keys["ca"].problem == ""


def test_what_everybody_may_open_is_told(place):
    assert observed(place).exposed == ()
    place.chmod(0o755)
    write(place, KEY, mode=0o644)
    (place / "new-trusted").mkdir(mode=0o755)
    assert observed(place).exposed == (str(place), str(place / "new-trusted"), str(place / "ca.key"))


def test_what_belongs_to_somebody_else_is_told_apart(place, monkeypatch):
    place.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: place.stat().st_uid + 1)
    found = observed(place)
    assert (found.exposed, found.foreign) == ((), (str(place),))


@pytest.mark.parametrize(
    ("mode", "directory", "key", "shared"),
    [
        (None, "0700", "0600", False),
        (0o700, "0700", "0600", False),
        (0o755, "0700", "0600", False),
        (0o750, "0750", "0640", True),
        (0o2770, "2770", "0660", True),
    ],
)
def test_new_cas_are_open_to_a_group_that_the_directory_was_opened_to(tmp_path, mode, directory, key, shared):
    place = tmp_path / "orders"
    if mode is not None:
        place.mkdir()
        place.chmod(mode)
    access = access_to(str(place))
    assert (access["directory"], access["key"]) == (directory, key)
    assert access["group"] == (str(place.stat().st_gid) if shared else None)


def test_an_installed_collection_is_told_from_a_checkout_of_one(tmp_path):
    collection = tmp_path / "ansible_collections" / "acme" / "infra"
    (collection / "inventory").mkdir(parents=True)
    (tmp_path / "link").symlink_to(collection / "inventory")
    assert observed(tmp_path / "link" / "etcd-ca" / "orders").collection == ""
    (collection / "MANIFEST.json").write_text("{}")
    assert observed(tmp_path / "link" / "etcd-ca" / "orders").collection == str(collection)
    assert observed(tmp_path / "etcd-ca").collection == ""


def test_a_directory_that_is_there_or_can_be_made_is_writable(tmp_path, place, monkeypatch):
    assert observed(place).is_writable
    assert observed(tmp_path / "not" / "there").is_writable
    # Root may write anywhere.
    monkeypatch.setattr(os, "access", lambda path, _mode: path != str(tmp_path))
    assert observed(place).is_writable
    assert not observed(tmp_path / "not" / "there").is_writable


class TestGit:
    @pytest.fixture(autouse=True)
    def checkout(self, tmp_path, monkeypatch):
        """Git looks up what the user and the machine have set, which may ignore anything."""
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
        return tmp_path

    def test_keys_that_git_would_take_in_are_told(self, place, checkout):
        assert observed(place).checkout == str(checkout)

    @pytest.mark.parametrize("ignored", ["etcd-ca", "etcd-ca/orders/.gitignore"])
    def test_keys_that_git_ignores_are_not(self, place, checkout, ignored):
        file = checkout / ignored if ignored.endswith(".gitignore") else checkout / ".gitignore"
        file.write_text("*\n" if file.parent == place else f"{ignored}/\n")
        assert observed(place).checkout == ""

    def test_keys_that_are_in_git_are_told_whatever_it_ignores(self, place, checkout):
        subprocess.run(["git", "-C", checkout, "add", place], check=True)
        (place / ".gitignore").write_text("*\n")
        assert observed(place).checkout == str(checkout)

    def test_a_directory_without_keys_is_not(self, checkout):
        assert observed(checkout / "etcd-ca").checkout == ""

    def test_without_git_its_own_file_is_read(self, place, checkout, monkeypatch):
        monkeypatch.setenv("PATH", "/none")
        assert observed(place).checkout == str(checkout)
        (place / ".gitignore").write_text("*\n")
        assert observed(place).checkout == ""
