# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which member a goal means: never a neighbour whose name or address merely looks alike."""

from __future__ import annotations

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._membership.identity import (
    InvalidMemberIDError,
    find,
    member_id_readings,
)
from ansible_collections.quorum.etcd.plugins.module_utils._membership.refusal import Refusal

from tests.unit.plugins.module_utils._membership.clusters import (
    absent,
    cluster,
    dead,
    healthy,
    id_of,
    identity,
    present,
    promoted,
    refusal,
    unstarted,
    unstarted_learner,
    url,
    verdict,
    warnings,
)


def meant(observed, renames_urls=False, **goal):
    """The name of the member that is meant (its first peer URL while it has none), the code of a refusal, or None."""
    found = find(observed, identity(**goal), renames_urls)
    if isinstance(found, Refusal):
        return found.code
    return (found.name or found.peer_urls[0]) if found else None


THREE = cluster(healthy("m1"), healthy("m2"), healthy("m3"))


@pytest.mark.parametrize("name", ["m1", "m2", "m3"])
def test_a_name(name):
    assert meant(THREE, name=name) == name


@pytest.mark.parametrize(
    ("name", "others"),
    [("pg1", ["pg10", "pg11"]), ("pg10", ["pg1", "pg100"]), ("etcd", ["etcd-1", "my-etcd"]), ("m", ["m1", "mm"])],
)
def test_a_name_that_is_part_of_others(name, others):
    assert meant(cluster(*(healthy(other, [url(n)]) for n, other in enumerate(others, 1))), name=name) is None
    with_it = cluster(*(healthy(other, [url(n)]) for n, other in enumerate([*others, name], 1)))
    assert meant(with_it, name=name) == name


@pytest.mark.parametrize("name", ["M1", " m1", "m1 ", "m1."])
def test_a_name_is_compared_as_it_is(name):
    assert meant(THREE, name=name) is None


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ("http://10.0.0.2:2380", "http://10.0.0.21:2380"),
        ("http://10.0.0.21:2380", "http://10.0.0.2:2380"),
        ("http://10.0.0.2:2380", "http://10.0.0.2:23800"),
        ("http://0.0.0.2:2380", "http://10.0.0.2:2380"),
        ("http://[::1]:2380", "http://[::11]:2380"),
        ("http://[fd00::1]:2380", "http://[fd00::1%25eth0]:2380"),
        ("http://db:2380", "http://db.example:2380"),
        ("http://db:2380", "http://testdb:2380"),
    ],
)
def test_an_address_that_is_part_of_another(mine, other):
    assert meant(cluster(healthy("other", [other])), peer_urls=[mine]) is None
    assert meant(cluster(healthy("other", [other]), healthy("mine", [mine])), peer_urls=[mine]) == "mine"


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ("http://[2001:db8::7]:2380", "http://[2001:0DB8:0:0:0:0:0:7]:2380"),
        ("http://[2001:db8:0:0:0:0:0:7]:2380", "HTTP://[2001:db8::7]:2380/"),
        ("http://[fe80::1%25eth0]:2380", "http://[FE80:0::1%25eth0]:2380"),
        ("http://Db1.Example:2380", "http://db1.example:2380"),
        ("http://10.0.0.1:2380 ", "http://10.0.0.1:2380"),
    ],
)
def test_two_spellings_of_one_address(stored, given):
    assert meant(cluster(healthy("m1", [stored]), healthy("m2")), peer_urls=[given]) == "m1"


def test_several_peer_urls_are_a_set():
    two = cluster(healthy("m1", [url(1), url(11)]), healthy("m2", [url(2), url(22)]))
    assert meant(two, peer_urls=[url(11), url(1)]) == "m1"
    assert meant(two, peer_urls=[url(22), url(2)]) == "m2"


@pytest.mark.parametrize("state", [absent, promoted])
@pytest.mark.parametrize("urls", [[url(1)], [url(1), url(11), url(111)], ["https://10.0.0.1:2380"], [url(9), url(11)]])
def test_some_of_a_members_peer_urls_are_not_the_member_and_not_nobody(urls, state):
    """To answer "absent, nothing to do" while a member has that address would be a lie."""
    two = cluster(healthy("m1", [url(1), url(11)]), healthy("m2"))
    assert verdict(two, state(peer_urls=urls)) == "ambiguous_identity"
    assert "m1" in refusal(two, state(peer_urls=urls)).message


def test_some_of_a_members_peer_urls_are_no_new_members():
    two = cluster(healthy("m1", [url(1), url(11)]), healthy("m2"))
    assert verdict(two, present("m3", [url(11), url(3)])) == "peer_url_in_use"
    assert verdict(two, present("m3", ["https://10.0.0.11:2380"])) == "peer_url_in_use"


def test_peer_urls_of_two_members_together_are_neither():
    assert verdict(THREE, absent(peer_urls=[url(1), url(2)])) == "ambiguous_identity"
    assert verdict(THREE, present("m4", [url(1), url(2)])) == "peer_url_in_use"


def test_a_member_that_never_started_is_known_by_its_peer_urls_whatever_name_it_is_to_have():
    waiting = cluster(healthy("m1"), healthy("m2"), unstarted(3))
    assert meant(waiting, peer_urls=[url(3)]) == url(3)
    assert meant(waiting, name="m3", peer_urls=[url(3)]) == url(3)
    assert meant(waiting, name="m3", peer_urls=[url(3)], renames_urls=True) == url(3)


def test_a_member_that_never_started_has_no_name_to_be_known_by():
    waiting = cluster(healthy("m1"), healthy("m2"), unstarted(3))
    assert meant(waiting, name="m3") is None
    assert verdict(waiting, absent("m3")) == "nothing to do"
    assert "10.0.0.3" in " ".join(warnings(waiting, absent("m3")))


def test_an_absence_that_is_proven_needs_no_warning():
    waiting = cluster(healthy("m1"), healthy("m2"), unstarted(3))
    assert warnings(waiting, absent("m4", [url(4)])) == ()
    assert warnings(waiting, absent(member_id="4444")) == ()


def test_an_empty_name_means_nobody():
    waiting = cluster(healthy("m1"), healthy("m2"), unstarted(3), unstarted_learner(4))
    assert meant(waiting, name="", peer_urls=[url(5)]) is None


NAMESAKES = cluster(healthy("m1"), healthy("m1", [url(2)], member_id=0xB2), healthy("m3"))


def test_a_name_of_two_members_means_neither():
    assert verdict(NAMESAKES, absent("m1")) == "ambiguous_identity"
    assert verdict(NAMESAKES, present("m1", [url(9)])) == "ambiguous_identity"
    assert "2 members" in refusal(NAMESAKES, absent("m1")).message


@pytest.mark.parametrize(
    "more", [{"member_id": "b2"}, {"peer_urls": [url(2)]}, {"member_id": "b2", "peer_urls": [url(2)]}]
)
def test_a_name_of_two_members_with_something_that_tells_them_apart(more):
    found = find(NAMESAKES, identity("m1", **more), renames_urls=False)
    assert getattr(found, "member_id", None) == 0xB2


def test_a_name_of_two_members_beside_the_id_of_a_third():
    assert verdict(NAMESAKES, absent("m1", member_id=f"{id_of('m3'):x}")) == "ambiguous_identity"


@pytest.mark.parametrize(
    "agreeing",
    [
        {"name": "m2", "peer_urls": [url(2)]},
        {"name": "m2", "member_id": f"{id_of('m2'):x}"},
        {"peer_urls": [url(2)], "member_id": f"{id_of('m2'):x}"},
        {"name": "m2", "peer_urls": [url(2)], "member_id": f"{id_of('m2'):x}"},
    ],
)
@pytest.mark.parametrize("renames_urls", [False, True])
def test_parts_that_agree(agreeing, renames_urls):
    assert meant(THREE, renames_urls, **agreeing) == "m2"


@pytest.mark.parametrize(
    "contradiction",
    [
        {"name": "m1", "member_id": f"{id_of('m2'):x}"},
        {"name": "m9", "member_id": f"{id_of('m2'):x}"},
        {"name": "m1", "member_id": "999"},
        {"peer_urls": [url(1)], "member_id": "999"},
        {"name": "m1", "peer_urls": [url(1)], "member_id": f"{id_of('m2'):x}"},
        {"name": "m9", "peer_urls": [url(1)]},
    ],
)
@pytest.mark.parametrize("state", [absent, promoted, present])
def test_parts_that_contradict_each_other(contradiction, state):
    assert verdict(THREE, state(**contradiction)) == "ambiguous_identity"


@pytest.mark.parametrize(
    "contradiction",
    [
        {"name": "m1", "peer_urls": [url(2)]},
        {"name": "m1", "peer_urls": [url(9)]},
        {"name": "m1", "peer_urls": [url(1), url(9)]},
        {"peer_urls": [url(2)], "member_id": f"{id_of('m1'):x}"},
    ],
)
@pytest.mark.parametrize("state", [absent, promoted])
def test_peer_urls_have_to_agree_where_they_are_not_what_is_wanted(contradiction, state):
    assert verdict(THREE, state(**contradiction)) == "ambiguous_identity"


def test_the_name_of_a_started_member_beside_the_id_of_one_that_has_not_started():
    both = cluster(healthy("m1"), healthy("m2"), unstarted(3))
    (number,) = (member.member_id for member in both.members if not member.name)
    assert meant(both, name="m1", member_id=f"{number:x}") == "ambiguous_identity"


def test_peer_urls_that_two_members_have():
    assert meant(cluster(healthy("m1", [url(9)]), healthy("m2", [url(9)])), peer_urls=[url(9)]) == "ambiguous_identity"


def test_an_id_that_is_one_members_in_decimal_and_anothers_in_hexadecimal():
    both = cluster(healthy("m1", member_id=12345), healthy("m2", member_id=0x12345), healthy("m3"))
    assert meant(both, member_id="12345") == "ambiguous_identity"
    assert meant(both, member_id="0x12345") == "m2"


def test_a_new_address_for_a_name_is_what_present_is_for():
    assert meant(THREE, renames_urls=True, name="m1", peer_urls=[url(9)]) == "m1"
    assert verdict(THREE, present("m1", [url(2)])) == "peer_url_in_use"


def test_the_name_that_a_dead_members_successor_took_does_not_mean_the_dead_one():
    """After a replacement the id of the old member is gone: whoever still asks for it by name and id is not answered
    with the new one.
    """
    assert verdict(THREE, absent("m3", member_id="abc123")) == "ambiguous_identity"


def test_an_unstarted_member_beside_the_dead_one_whose_name_it_is_to_take():
    both = cluster(healthy("m1"), healthy("m2"), healthy("m4"), dead("m3"), unstarted_learner(9))
    assert meant(both, name="m3", peer_urls=[url(9)]) == "ambiguous_identity"
    assert meant(both, peer_urls=[url(9)]) == url(9)


@pytest.mark.parametrize(
    ("text", "readings"),
    {
        "8e9e05c52164694d": (0x8E9E05C52164694D,),
        "8E9E05C52164694D": (0x8E9E05C52164694D,),
        "0x8e9e05c52164694d": (0x8E9E05C52164694D,),
        " 8e9e05c52164694d\n": (0x8E9E05C52164694D,),
        "10276657743932975437": (10276657743932975437,),  # 20 digits are too many for hexadecimal
        "12345": (12345, 0x12345),
        "0x12345": (0x12345,),
        "7": (7,),
        "18446744073709551615": ((1 << 64) - 1,),
        "ffffffffffffffff": ((1 << 64) - 1,),
    }.items(),
)
def test_readings_of_an_id(text, readings):
    assert member_id_readings(text) == readings


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "m1",
        "0x",
        "xyz",
        "-1",
        "1.5",
        "18446744073709551616",
        "1ffffffffffffffff",
        "8e9e 05c5",
        "٣",
        "1_0",
        "9" * 5000,
    ],
)
def test_what_is_no_id(text):
    with pytest.raises(InvalidMemberIDError) as caught:
        member_id_readings(text)
    assert "is not a member id" in str(caught.value)


@pytest.mark.parametrize("spelling", [str(0xAB12), "ab12", "0xab12", "AB12", "000000000000ab12"])
def test_an_id_in_every_spelling_means_one_member(spelling):
    assert meant(cluster(healthy("m1", member_id=0xAB12), healthy("m2")), member_id=spelling) == "m1"


def test_an_id_that_can_be_read_as_that_of_two_members():
    """1234 in decimal is one, in hexadecimal the other."""
    assert (
        verdict(
            cluster(healthy("m1", member_id=1234), healthy("m2", member_id=0x1234), healthy("m3")),
            absent(member_id="1234"),
        )
        == "ambiguous_identity"
    )


def test_a_part_of_an_id_is_no_id():
    assert meant(cluster(healthy("m1", member_id=0xAB12), healthy("m2")), member_id="ab1") is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "m1"}, "m1"),
        ({"name": "m1", "peer_urls": [url(1)]}, "m1"),
        ({"peer_urls": [url(1), url(2)]}, f"{url(1)}, {url(2)}"),
        ({"member_id": "0xab12"}, "id ab12"),
        ({"name": "m1", "member_id": "ab12"}, "m1 id ab12"),
    ],
)
def test_how_messages_call_an_identity(given, words):
    assert str(identity(**given)) == words
