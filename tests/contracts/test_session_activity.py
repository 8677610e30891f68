"""Session activity, whatever the source: the person's events and no others, and every end with its reason."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.activity import Attribution, Limit, attributed, tally
from core.domain.errors import SourceRefused, SourceTrouble, UpstreamBusy
from core.domain.ids import AccountId, PrincipalId
from tests.contracts.activity_benches import ASK, ActivityBench, AwsActivity

QUESTIONS = ("fake", "athena", "cloudwatch", "cloudtrail-lake")
"""Sources that are asked a question which takes a while."""


async def shown(bench: ActivityBench, **changes: object) -> list[str]:
    query = replace(bench.query, **changes)  # type: ignore[arg-type]
    return [event.id for event in attributed((await bench.port.read(query)).events, query)]


async def test_the_persons_events_are_found_and_nobody_elses(activity: ActivityBench) -> None:
    assert len(activity.own) > 10
    assert frozenset(await shown(activity)) == activity.own


async def test_both_attributions_and_all_facts_come_through(activity: ActivityBench) -> None:
    events = attributed((await activity.port.read(activity.query)).events, activity.query)
    count = tally(events)
    assert set(count.by) == set(Attribution)
    assert (count.sessions, count.errors) == (2, 1)
    refused = next(event for event in events if event.failed)
    assert (refused.service, refused.name, refused.region) == ("iam", "CreateRole", "us-east-1")
    assert (refused.error_code, refused.read_only, refused.resources) == ("AccessDenied", False, ("payments-debug",))
    parameter = next(event for event in events if event.name == "PutParameter")
    assert parameter.resources == ("arn:aws:ssm:eu-west-1:111122223333:parameter/payments/release",)
    assert parameter.source_ip == "198.51.100.7"
    assert parameter.user_agent.startswith("aws-cli/")
    assert parameter.access_key.startswith("ASIA")
    assert parameter.session_created_at == activity.query.start_at + timedelta(seconds=20)


async def test_another_account_permission_set_or_window_finds_nothing_of_it(activity: ActivityBench) -> None:
    before = activity.query.start_at - timedelta(hours=2)
    assert await shown(activity, account=AccountId("111122224444")) == []
    assert await shown(activity, permission_set="PowerUser") == []
    assert await shown(activity, start_at=before, end_at=before + timedelta(hours=1)) == []


async def test_the_window_ends_before_its_last_instant(activity: ActivityBench) -> None:
    end_at = activity.query.start_at + timedelta(minutes=6)
    assert len(await shown(activity, end_at=end_at)) + 1 == len(
        await shown(activity, end_at=end_at + timedelta(seconds=1))
    )


async def test_whatever_a_user_is_called_only_that_user_is_found(activity: ActivityBench) -> None:
    names = ["o'hara", 'say "hi"', "back\\slash", "x' OR '1'='1", "100%_", "é.müller", ".*", "a|b", "$(x)", "?"]
    for name in (*names, "bobby"):
        activity.happen(name, "", "PutObject")
    for name in names:
        assert len(await shown(activity, user_name=name, principal=PrincipalId("nobody"))) == 1, name


async def test_a_user_who_is_gone_is_found_by_the_user_id_alone(activity: ActivityBench) -> None:
    if activity.name == "lookup-events":  # it finds by the session's name, and there is none
        assert await shown(activity, user_name="") == []
        return
    events = attributed((await activity.port.read(replace(activity.query, user_name=""))).events, activity.query)
    assert {event.attribution for event in events if event.user_id} == {Attribution.USER_ID}
    assert len([event for event in events if event.user_id]) > 10


@pytest.mark.parametrize("change", [{"permission_set": "x' OR 1=1"}, {"account": "1"}, {"user_name": "a\nb"}])
async def test_names_that_aws_cannot_have_given_reach_no_query(activity: ActivityBench, change: dict[str, str]) -> None:
    if isinstance(activity, AwsActivity):
        with pytest.raises(SourceRefused) as refused:
            await shown(activity, **change)
        assert refused.value.trouble is SourceTrouble.UNASKABLE


async def test_no_more_is_read_than_may_be_and_it_is_said(activity: ActivityBench) -> None:
    found = await activity.limited_to(5).read(activity.query)
    assert found.limits & CUT
    assert len(found.events) <= 50
    assert not (await activity.limited_to(5000).read(activity.query)).limits & CUT


CUT = {Limit.CUT, Limit.CUT_BEFORE}


@pytest.mark.parametrize(("how", "trouble"), [("failed", SourceTrouble.FAILED), ("cancelled", SourceTrouble.CANCELLED)])
async def test_a_question_that_ends_badly_says_so_with_the_reason(
    activity: ActivityBench, how: str, trouble: SourceTrouble
) -> None:
    if activity.name not in QUESTIONS:
        return
    activity.fail_next(how, "GENERIC_INTERNAL_ERROR")
    with pytest.raises(SourceRefused) as refused:
        await activity.port.read(activity.query)
    assert refused.value.trouble is trouble
    assert activity.name == "cloudwatch" or "GENERIC_INTERNAL_ERROR" in refused.value.said
    assert frozenset(await shown(activity)) == activity.own


async def test_a_lack_of_permission_names_the_action(activity: ActivityBench) -> None:
    activity.fail_next("denied")
    with pytest.raises(SourceRefused) as refused:
        await activity.port.read(activity.query)
    assert refused.value.trouble is SourceTrouble.NO_PERMISSION
    assert refused.value.what.endswith(ASK.get(activity.name, "StartQuery"))


async def test_throttling_is_worth_trying_again(activity: ActivityBench) -> None:
    activity.fail_next("throttled")
    with pytest.raises(UpstreamBusy):
        await activity.port.read(activity.query)


async def test_a_question_that_nobody_waits_for_any_more_is_stopped(activity: ActivityBench) -> None:
    if activity.name not in QUESTIONS:
        return
    await activity.hold()
    reading = asyncio.ensure_future(activity.port.read(activity.query))
    await activity.until_asked()
    reading.cancel()
    await asyncio.wait([reading])
    assert activity.stopped() == 1


async def test_the_source_says_what_is_there(activity: ActivityBench) -> None:
    assert await activity.port.check()
