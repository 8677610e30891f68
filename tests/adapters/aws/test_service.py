import asyncio
import gc
from collections.abc import Callable

import pytest

from core.adapters.aws.budget import Budget, Priority
from core.adapters.aws.errors import upstream_error
from core.adapters.aws.punctual import SentTooLate
from core.adapters.aws.service import Patience
from core.adapters.aws.session import AwsSession
from core.domain.errors import AnswerLost, Side, Upstream, UpstreamBusy, UpstreamRefused
from core.ports import watching
from infra.sandbox.aws import LocalAws

OpenSession = Callable[..., AwsSession]


async def read(session: AwsSession) -> int:
    client = session.identity_store.client
    found = await session.identity_store.call(Priority.READ, client.list_groups, IdentityStoreId="d-90676c1a2b")
    return len(found["Groups"])


@pytest.mark.parametrize("fault", ["throttled", "conflict", "server_error", "unavailable", "refused", "answer_lost"])
async def test_a_read_is_tried_again_after_what_may_pass(session: AwsSession, aws: LocalAws, fault: str) -> None:
    aws.faults.add(fault, operation="ListGroups", times=1)

    assert await read(session) > 0
    assert len(aws.calls("ListGroups")) == 2


async def test_every_attempt_is_told_of_by_what_came_of_it(open_session: OpenSession, aws: LocalAws) -> None:
    told: list[tuple[str, str, int]] = []
    session = open_session(observe=lambda *attempt: told.append(attempt))
    aws.faults.add("throttled", operation="ListGroups", times=1)

    await read(session)

    assert [each for each in told if each[0] == "ListGroups"] == [
        ("ListGroups", "throttled", 1),
        ("ListGroups", "ok", 2),
    ]


async def test_a_read_that_stays_without_answer_is_busy_and_never_lost(
    open_session: OpenSession, aws: LocalAws
) -> None:
    session = open_session(read_timeout=0.1, patience=Patience(attempts=2, first_pause=0.001))
    aws.down(hanging=True)

    with pytest.raises(UpstreamBusy, match="ReadTimeoutError"):
        await read(session)
    assert len(aws.calls("ListGroups")) == 2


async def test_who_waits_for_it_is_told_that_aws_was_asked(open_session: OpenSession, aws: LocalAws) -> None:
    session = open_session(read_timeout=0.3, patience=Patience(attempts=1))
    aws.down(hanging=True)

    with watching() as pending:
        asking = asyncio.ensure_future(read(session))
        await asyncio.sleep(0)
        assert pending.side is Side.AWS
        with pytest.raises(UpstreamBusy):
            await asking
    assert pending.side is None


async def test_no_attempt_is_begun_once_patience_is_over(open_session: OpenSession, aws: LocalAws) -> None:
    session = open_session(patience=Patience(attempts=100, first_pause=0.1, longest=0.25))
    aws.faults.add("server_error", operation="ListGroups")

    with pytest.raises(UpstreamBusy):
        await read(session)
    assert 1 < len(aws.calls("ListGroups")) <= 3


async def test_a_refusal_is_final(session: AwsSession, aws: LocalAws) -> None:
    aws.faults.add("access_denied", operation="ListGroups")

    with pytest.raises(UpstreamRefused) as refused:
        await read(session)
    assert refused.value.code == "AccessDeniedException"
    assert str(refused.value).startswith("ListGroups: AccessDeniedException: ")
    assert len(aws.calls("ListGroups")) == 1


async def test_a_call_that_is_cancelled_in_the_queue_is_never_made(open_session: OpenSession, aws: LocalAws) -> None:
    session = open_session()
    session.budgets.identity_store = Budget(1000, at_once=1)
    session.identity_store._budget = session.budgets.identity_store
    aws.faults.add("latency", operation="ListGroups", seconds=0.3, times=1)
    first, second = (asyncio.ensure_future(read(session)) for _ in range(2))
    await aws.changes.until(lambda: bool(aws.calls("ListGroups")))
    second.cancel()
    await asyncio.wait([first, second])

    assert second.cancelled()
    assert len(aws.calls("ListGroups")) == 1
    assert session.budgets.identity_store.running == 0


async def test_a_call_that_is_cancelled_under_way_keeps_its_place_until_it_ends(
    session: AwsSession, aws: LocalAws
) -> None:
    aws.faults.add("latency", operation="ListGroups", seconds=0.3)
    budget = session.budgets.identity_store
    asking = asyncio.ensure_future(read(session))
    await aws.changes.until(lambda: bool(aws.calls("ListGroups")))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert budget.running == 1
    await session.close()
    await asyncio.sleep(0)
    assert aws.calls("ListGroups")[0].outcome == "ok"
    assert budget.running == 0


async def test_what_an_abandoned_call_failed_with_is_nobody_s_trouble(session: AwsSession, aws: LocalAws) -> None:
    """Else asyncio would log it with a traceback, when the call is collected."""
    loop = asyncio.get_running_loop()
    said: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _, context: said.append(context))
    aws.faults.add("latency", operation="ListGroups", seconds=0.3)
    client = session.identity_store.client

    def ask() -> None:
        client.list_groups(IdentityStoreId="d-90676c1a2b")
        raise SentTooLate

    asking = asyncio.ensure_future(session.identity_store.call(Priority.GRANT, ask))
    await aws.changes.until(lambda: bool(aws.calls("ListGroups")))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await session.close()
    await asyncio.sleep(0)
    gc.collect()

    assert session.budgets.identity_store.running == 0
    assert said == []


def test_what_the_sdk_raises_carries_no_other_program_s_output() -> None:
    from botocore.exceptions import CredentialRetrievalError

    error = CredentialRetrievalError(provider="process", error_msg="printed: hunter2")

    assert "hunter2" not in str(upstream_error(error, "CreateAccountAssignment", changing=True))


@pytest.mark.parametrize(
    ("name", "facts", "expected"),
    [
        ("ConnectTimeoutError", {"endpoint_url": "https://sso"}, UpstreamBusy),
        ("EndpointConnectionError", {"endpoint_url": "https://sso"}, UpstreamBusy),
        ("ProxyConnectionError", {"proxy_url": "https://proxy"}, UpstreamBusy),
        ("CredentialRetrievalError", {"provider": "process", "error_msg": ""}, UpstreamBusy),
        ("ReadTimeoutError", {"endpoint_url": "https://sso"}, AnswerLost),
        ("ConnectionClosedError", {"endpoint_url": "https://sso"}, AnswerLost),
        ("SSLError", {"endpoint_url": "https://sso", "error": "handshake"}, AnswerLost),
        ("HTTPClientError", {"error": "odd"}, AnswerLost),
        ("NoCredentialsError", {}, UpstreamRefused),
        ("ParamValidationError", {"report": "missing"}, UpstreamRefused),
    ],
)
def test_what_the_sdk_says_about_a_change_tells_whether_it_was_sent(
    name: str, facts: dict[str, str], expected: type[Upstream]
) -> None:
    from botocore import exceptions

    error = getattr(exceptions, name)(**facts)

    assert type(upstream_error(error, "CreateAccountAssignment", changing=True)) is expected
