# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an endpoint asks, in which order, and with which token."""

from __future__ import annotations

import time

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._client import errors
from ansible_collections.quorum.etcd.plugins.module_utils._client.endpoint import Connection
from ansible_collections.quorum.etcd.plugins.module_utils._client.errors import EtcdError
from ansible_collections.quorum.etcd.plugins.module_utils._client.login import Login
from ansible_collections.quorum.etcd.plugins.module_utils._client.transport_endpoint import TransportEndpoint
from ansible_collections.quorum.etcd.plugins.module_utils._membership.model import Member, MemberList

from .scripted import URL, Scripted, refusal

USER = Connection(endpoints=(URL,), username="root", password="secret")
NOBODY = Connection(endpoints=(URL,))
LIST = {
    "members": [
        {"ID": "1", "name": "a", "peerURLs": ["http://a:2380"], "clientURLs": ["http://a:2379"]},
        {"ID": "2", "isLearner": True},
    ]
}
VERSION_3_4 = {"version": "3.4.23"}
VERSION_3_5 = {"version": "3.5.30"}


def endpoint_of(connection, transport, login=None):
    return TransportEndpoint(connection, transport, login or Login())


def wants_token(answer, name="token-1"):
    """Answers who shows that token, and asks everybody else for one."""
    return lambda call: (
        answer if call.token == name else refusal(errors.AUTH_REQUIRED if call.token is None else errors.INVALID_TOKEN)
    )


def failed(code: str, call, *arguments: object) -> EtcdError:
    with pytest.raises(EtcdError) as caught:
        call(*arguments)
    assert caught.value.code == code
    return caught.value


# -- the member list ---------------------------------------------------------------------------------------------------


def test_a_list_of_3_5_is_asked_for_linearizably():
    transport = Scripted({"Status": VERSION_3_5, "MemberList": LIST})
    answer = endpoint_of(NOBODY, transport).member_list()
    assert transport.methods == ["Status", "MemberList"]
    assert transport.asked[1].request == {"linearizable": True}
    members = (Member(1, "a", ("http://a:2380",), ("http://a:2379",)), Member(2, is_learner=True))
    assert answer == MemberList(10, 1, members, 3)


def test_a_list_of_3_4_is_asked_for_after_a_read_through_the_quorum():
    transport = Scripted({"Status": VERSION_3_4, "Range": {}, "MemberList": LIST})
    endpoint = endpoint_of(NOBODY, transport)
    endpoint.member_list()
    endpoint.member_list()
    assert transport.methods == ["Status", "Range", "MemberList", "Range", "MemberList"]
    assert transport.asked[1].request == {"key": b"\0", "limit": 1, "keys_only": True}


def test_a_list_of_3_4_without_quorum_fails():
    transport = Scripted({"Status": VERSION_3_4, "Range": refusal(errors.NO_LEADER), "MemberList": LIST})
    failed(errors.NO_LEADER, endpoint_of(NOBODY, transport).member_list)
    assert "MemberList" not in transport.methods


def test_a_local_list_asks_nothing_else():
    transport = Scripted({"MemberList": LIST})
    endpoint_of(NOBODY, transport).member_list(linearizable=False)
    assert transport.methods == ["MemberList"]
    assert transport.asked[0].request == {}


def test_a_release_that_may_not_be_known_is_taken_for_an_old_one():
    """A user without the root role may list the members, not ask the status; a read that is denied went through the
    quorum.
    """
    denied = refusal(errors.PERMISSION_DENIED)
    transport = Scripted({"Authenticate": {"token": "t"}, "Status": denied, "Range": denied, "MemberList": LIST})
    assert len(endpoint_of(USER, transport).member_list().members) == 2
    assert transport.methods[-2:] == ["Range", "MemberList"]


@pytest.mark.parametrize("answer", [{"header": {}}, {"header": None}, {"header": "x"}, {"header": {"cluster_id": "0"}}])
def test_an_answer_that_names_no_cluster_is_not_etcds(answer):
    error = failed(errors.NOT_ETCD, endpoint_of(NOBODY, Scripted({"Status": answer})).status)
    assert URL in error.message


@pytest.mark.parametrize(
    "answer", [{"members": 5}, {"members": ["x"]}, {"members": [{"ID": "x"}]}, {"header": {"cluster_id": "ten"}}]
)
def test_an_answer_of_another_shape_is_not_etcds(answer):
    failed(errors.NOT_ETCD, endpoint_of(NOBODY, Scripted({"MemberList": answer})).member_list, False)


def test_a_downgrade_is_one_call_with_three_actions():
    transport = Scripted({"Downgrade": {"version": "3.7.0"}})
    endpoint = endpoint_of(NOBODY, transport)
    endpoint.downgrade_validate("3.6")
    endpoint.downgrade_enable("3.6")
    endpoint.downgrade_cancel()
    assert [call.request for call in transport.asked] == [
        {"action": "VALIDATE", "version": "3.6"},
        {"action": "ENABLE", "version": "3.6"},
        {"action": "CANCEL"},
    ]


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_a_change_goes_with_a_token_fetched_once():
    transport = Scripted({"Authenticate": {"token": "token-1"}, "MoveLeader": wants_token({})})
    endpoint = endpoint_of(USER, transport)
    endpoint.move_leader(2)
    endpoint.move_leader(3)
    assert transport.methods == ["Authenticate", "MoveLeader", "MoveLeader"]
    assert transport.asked[0].request == {"name": "root", "password": "secret"}


def test_the_status_is_asked_for_without_a_token_first():
    open_to_all = Scripted({"Status": VERSION_3_5})
    endpoint_of(USER, open_to_all).status()
    assert open_to_all.methods == ["Status"]
    guarded = Scripted({"Authenticate": {"token": "token-1"}, "Status": wants_token(VERSION_3_5)})
    endpoint_of(USER, guarded).status()
    assert guarded.methods == ["Status", "Authenticate", "Status"]


def test_an_expired_token_is_renewed_once():
    tokens = iter(["token-0", "token-1"])
    transport = Scripted(
        {"Authenticate": lambda _call: {"token": next(tokens)}, "LeaseGrant": wants_token({"ID": "5"})}
    )
    assert endpoint_of(USER, transport).lease_grant(5, 10) == 5
    assert [call.token for call in transport.asked] == [None, "token-0", None, "token-1"]


def test_a_token_that_is_refused_again_is_an_error_at_last():
    transport = Scripted({"Authenticate": {"token": "t"}, "LeaseGrant": refusal(errors.INVALID_TOKEN)})
    failed(errors.INVALID_TOKEN, endpoint_of(USER, transport).lease_grant, 5, 10)
    assert transport.methods == ["Authenticate", "LeaseGrant", "Authenticate", "LeaseGrant"]


def test_a_user_is_no_matter_where_authentication_is_off():
    transport = Scripted({"Authenticate": refusal(errors.AUTH_NOT_ENABLED), "MoveLeader": {}})
    endpoint = endpoint_of(USER, transport)
    endpoint.move_leader(2)
    endpoint.move_leader(2)
    assert transport.methods == ["Authenticate", "MoveLeader", "MoveLeader"]


def test_without_a_user_nothing_is_tried_again():
    transport = Scripted({"MoveLeader": refusal(errors.AUTH_REQUIRED)})
    failed(errors.AUTH_REQUIRED, endpoint_of(NOBODY, transport).move_leader, 2)
    assert transport.methods == ["MoveLeader"]


def test_a_user_without_rights_is_not_authenticated_again():
    transport = Scripted({"Authenticate": {"token": "t"}, "MoveLeader": refusal(errors.PERMISSION_DENIED)})
    failed(errors.PERMISSION_DENIED, endpoint_of(USER, transport).move_leader, 2)
    assert transport.methods == ["Authenticate", "MoveLeader"]


@pytest.mark.parametrize(
    "code", [errors.TIMEOUT, errors.SERVER_STOPPED, errors.REQUEST_TIMED_OUT, errors.CONNECTION_REFUSED]
)
def test_a_change_that_may_have_been_applied_is_not_sent_again(code):
    transport = Scripted({"Authenticate": {"token": "t"}, "MemberRemove": refusal(code)})
    failed(code, endpoint_of(USER, transport).member_remove, 5)
    assert transport.methods == ["Authenticate", "MemberRemove"]


def test_endpoints_that_share_a_login_share_its_token():
    login = Login()
    first, second = (Scripted({"Authenticate": {"token": "token-1"}, "MoveLeader": wants_token({})}) for _ in range(2))
    endpoint_of(USER, first, login).move_leader(2)
    endpoint_of(USER, second, login).move_leader(2)
    assert first.methods == ["Authenticate", "MoveLeader"]
    assert second.methods == ["MoveLeader"]


def test_a_learner_gives_out_no_token_and_takes_a_voters():
    login = Login()
    learner = Scripted({"Authenticate": refusal(errors.NOT_FOR_LEARNER), "Status": wants_token(VERSION_3_5)})
    failed(errors.NOT_FOR_LEARNER, endpoint_of(USER, learner, login).status, 0.05)
    login.publish("token-1")
    assert endpoint_of(USER, learner, login).status().version == "3.5.30"


# -- deadlines ---------------------------------------------------------------------------------------------------------


def test_everything_that_one_call_needs_has_one_deadline():
    transport = Scripted({"Authenticate": {"token": "t"}, "Status": VERSION_3_4, "Range": {}, "MemberList": LIST})
    began = time.monotonic()
    endpoint_of(USER, transport).member_list(timeout=2)
    assert all(abs(call.deadline - began - 2) < 0.2 for call in transport.asked)


def test_the_budget_of_a_question_goes_before_the_timeout_of_a_call():
    transport = Scripted({"MoveLeader": {}})
    endpoint = endpoint_of(NOBODY, transport)
    endpoint.budget_ends = time.monotonic() + 0.5
    endpoint.move_leader(2, timeout=60)
    assert transport.asked[0].deadline == endpoint.budget_ends
    endpoint.budget_ends = None
    endpoint.move_leader(2)
    assert 4 < transport.asked[1].deadline - time.monotonic() <= USER.request_timeout


def test_closing_closes_the_transport():
    transport = Scripted({})
    endpoint_of(NOBODY, transport).close()
    assert transport.closed
