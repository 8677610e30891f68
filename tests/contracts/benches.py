"""The setting that a contract needs around a port: the port, control of what is behind it, and trouble on demand."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.directory import IdentityStoreDirectory
from core.domain.conversations import Place
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId, ConversationId, GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from core.domain.people import ChatUser
from core.ports import AssignmentCloud, ChatDirectory, Clock, Conversation, MessageRef, Messenger, PrincipalDirectory
from handlers.slack.directory import SlackDirectory
from handlers.slack.messenger import SlackMessenger
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import PAYMENTS_PROD, PAYMENTS_STAGING
from infra.sandbox.slack import LocalSlack
from tests.fakes.chat import FakeChatDirectory, FakeMessenger, gone
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import Failure, FakeCloud
from tests.fakes.directory import FakePrincipals

CHANNEL = ConversationId("CAPPROVALS")
ADA_IN_CHAT = ChatUser("slack", "T1", "UADA")


# --- account assignments -----------------------------------------------------------------------------


class CloudBench(Protocol):
    """``ada`` and ``bob`` are people, ``target`` and ``elsewhere`` stand in different accounts."""

    port: AssignmentCloud
    ada: PrincipalId
    bob: PrincipalId
    target: Target
    elsewhere: Target

    def now(self) -> datetime: ...

    async def finish(self) -> None:
        """Wait until AWS has done what it was asked for."""
        ...

    def make(self, principal: PrincipalId, target: Target) -> None: ...

    def fail_next(self, reason: str, *, does_the_work: bool = False) -> None: ...

    def refuse_next(self, how: str) -> None:
        """``throttled``, ``conflict``, ``denied``, ``lost after`` or ``lost before`` it was done."""
        ...

    def fall_behind(self, by: timedelta) -> None:
        """Lists answer as it was so long ago."""
        ...

    def go_down(self) -> None: ...


class InMemoryCloud:
    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._fake = FakeCloud(clock)
        self.port: AssignmentCloud = self._fake
        self.ada, self.bob = PrincipalId("user-ada"), PrincipalId("user-bob")
        self.target = Target(AccountId("1" * 12), PermissionSetArn("ps-power"))
        self.elsewhere = Target(AccountId("2" * 12), PermissionSetArn("ps-power"))

    def now(self) -> datetime:
        return self._clock.now()

    async def finish(self) -> None:
        self._clock.move(self._fake.takes)

    def make(self, principal: PrincipalId, target: Target) -> None:
        self._fake.make(principal, target)

    def fail_next(self, reason: str, *, does_the_work: bool = False) -> None:
        self._fake.fail_with.append(Failure(reason, does_the_work))

    def refuse_next(self, how: str) -> None:
        if how.startswith("lost"):
            self._fake.answers_lost.append(how == "lost after")
        elif how == "denied":
            self._fake.begin_fails.append(UpstreamRefused("denied", code="AccessDeniedException"))
        else:
            self._fake.begin_fails.append(UpstreamBusy(how))

    def fall_behind(self, by: timedelta) -> None:
        self._fake.lists_behind = by

    def go_down(self) -> None:
        self._fake.down = UpstreamBusy("away")


class AwsCloud:
    def __init__(self, aws: LocalAws, port: IdentityCenterAssignments, clock: Clock) -> None:
        self._aws = aws
        self._clock = clock
        self.port: AssignmentCloud = port
        self.ada, self.bob = (PrincipalId(aws.user(f"{name}@example.com").id) for name in ("ada", "bob"))
        power = PermissionSetArn(aws.permission_set("PowerUserAccess").arn)
        self.target, self.elsewhere = (Target(AccountId(a), power) for a in (PAYMENTS_PROD, PAYMENTS_STAGING))

    def now(self) -> datetime:
        return self._clock.now()

    async def finish(self) -> None:
        await self._aws.changes.until(lambda: not self._aws.operations_in_flight())

    def make(self, principal: PrincipalId, target: Target) -> None:
        self._aws.make_assignment(target.account, target.permission_set, principal)

    def fail_next(self, reason: str, *, does_the_work: bool = False) -> None:
        self._aws.faults.add("failed", reason=reason, does_the_work=does_the_work, times=1)

    def refuse_next(self, how: str) -> None:
        kinds = {
            "throttled": "throttled",
            "conflict": "conflict",
            "denied": "access_denied",
            "lost after": "answer_lost",
            "lost before": "refused",
        }
        for operation in ("CreateAccountAssignment", "DeleteAccountAssignment"):
            self._aws.faults.add(kinds[how], operation=operation, times=1)

    def fall_behind(self, by: timedelta) -> None:
        self._aws.conduct.lists_behind_seconds = by.total_seconds()

    def go_down(self) -> None:
        self._aws.down()


# --- users and groups --------------------------------------------------------------------------------


class PrincipalBench(Protocol):
    """Ada and Bob are there; Bob is in the group, Ada is not."""

    port: PrincipalDirectory
    ada: PrincipalId
    bob: PrincipalId
    group: GroupId

    def disable(self, principal: PrincipalId) -> None: ...

    def set_email(self, principal: PrincipalId, email: str) -> None: ...

    def provision(self, principal: PrincipalId, external_id: str) -> None:
        """The identity provider knows it by this id."""
        ...

    def join(self, principal: PrincipalId) -> None: ...

    def leave(self, principal: PrincipalId) -> None: ...

    def go_down(self) -> None: ...


class InMemoryPrincipals:
    def __init__(self) -> None:
        self._fake = FakePrincipals()
        self.port: PrincipalDirectory = self._fake
        self.ada = self._fake.add("Ada Lovelace").id
        self.bob = self._fake.add("Bob Kahn", "Payments Leads").id
        self.group = self._fake.group("Payments Leads")

    def disable(self, principal: PrincipalId) -> None:
        self._fake.disable(principal)

    def set_email(self, principal: PrincipalId, email: str) -> None:
        self._fake.change(principal, emails=(email,))

    def provision(self, principal: PrincipalId, external_id: str) -> None:
        self._fake.change(principal, external_ids=(f"https://issuer.example.com {external_id}",))

    def join(self, principal: PrincipalId) -> None:
        self._fake.join("Payments Leads", principal)

    def leave(self, principal: PrincipalId) -> None:
        self._fake.leave("Payments Leads", principal)

    def go_down(self) -> None:
        self._fake.down = UpstreamBusy("away")


class AwsPrincipals:
    def __init__(self, aws: LocalAws, port: IdentityStoreDirectory) -> None:
        self._aws = aws
        self.port: PrincipalDirectory = port
        self.ada, self.bob = (PrincipalId(aws.user(f"{name}@example.com").id) for name in ("ada", "bob"))
        self.group = GroupId(aws.group("Payments Leads").id)

    def disable(self, principal: PrincipalId) -> None:
        self._aws.disable_user(principal)

    def set_email(self, principal: PrincipalId, email: str) -> None:
        self._aws.set_email(principal, email)

    def provision(self, principal: PrincipalId, external_id: str) -> None:
        self._aws.provision(principal, external_id)

    def join(self, principal: PrincipalId) -> None:
        self._aws.add_member(self.group, principal)

    def leave(self, principal: PrincipalId) -> None:
        self._aws.remove_member(self.group, principal)

    def go_down(self) -> None:
        self._aws.down()


# --- the chat platform's directory -------------------------------------------------------------------


class ChatBench(Protocol):
    """Ada is a member, the channel is one that the bot is in."""

    port: ChatDirectory

    def change_ada(self, fact: str) -> None:
        """``guest``, ``bot``, ``stranger``, ``deactivated`` or ``unconfirmed``."""
        ...

    def change_channel(self, fact: str) -> None:
        """``archived``, ``shared``, or ``left``: the bot is no longer in it."""
        ...

    def go_down(self) -> None: ...


class InMemoryChat:
    def __init__(self) -> None:
        self._fake = FakeChatDirectory()
        self.port: ChatDirectory = self._fake
        self._fake.add(FakePrincipals().add("Ada Lovelace"))
        self._fake.conversations[CHANNEL] = Conversation(CHANNEL, "approvals")

    def change_ada(self, fact: str) -> None:
        facts: dict[str, dict[str, object]] = {
            "guest": {"is_guest": True},
            "bot": {"is_bot": True},
            "stranger": {"is_stranger": True},
            "deactivated": {"is_deactivated": True},
            "unconfirmed": {"email_confirmed": False},
        }
        self._fake.change(ADA_IN_CHAT, **facts[fact])

    def change_channel(self, fact: str) -> None:
        facts: dict[str, dict[str, bool]] = {
            "archived": {"is_archived": True},
            "shared": {"is_shared_outside": True},
            "left": {"bot_is_member": False},
        }
        found = self._fake.conversations[CHANNEL]
        self._fake.conversations[CHANNEL] = replace(found, **facts[fact])  # type: ignore[arg-type]

    def go_down(self) -> None:
        self._fake.down = UpstreamBusy("away")


class SlackChat:
    def __init__(self, slack: LocalSlack, port: SlackDirectory) -> None:
        self._slack = slack
        self.port: ChatDirectory = port

    def change_ada(self, fact: str) -> None:
        facts: dict[str, dict[str, object]] = {
            "guest": {"is_restricted": True},
            "bot": {"is_bot": True},
            "stranger": {"is_stranger": True},
            "deactivated": {"deleted": True},
            "unconfirmed": {"is_email_confirmed": False},
        }
        self._slack.workspace.change_user(self._slack.workspace.user("ada"), **facts[fact])

    def change_channel(self, fact: str) -> None:
        workspace, channel = self._slack.workspace, self._slack.workspace.channel(CHANNEL)
        if fact == "left":
            workspace.change_channel(channel, members=[each for each in channel.members if each != "U0BOT"])
        else:
            facts = {"is_archived": True} if fact == "archived" else {"is_ext_shared": True}
            workspace.change_channel(channel, **facts)

    def go_down(self) -> None:
        self._slack.faults.add("*", status=503, error="service_unavailable")


# --- messages ----------------------------------------------------------------------------------------


class MessageBench(Protocol):
    """``refusal`` is the platform's word for a channel that takes no more messages."""

    port: Messenger
    ada: ChatUser
    channel: ConversationId
    refusal: str

    def count(self, place: Place) -> int:
        """The number of messages in a channel, or in the conversation with Ada, including those in threads."""
        ...

    def delete(self, ref: MessageRef) -> None: ...

    def go_wrong(self, how: str) -> None:
        """From now on ``slow`` (come back in 7 s) or ``refused``; ``lost``: the answer to the next post."""
        ...


class InMemoryMessages:
    def __init__(self) -> None:
        self._fake = FakeMessenger()
        self.port: Messenger = self._fake
        self.ada, self.channel, self.refusal = ADA_IN_CHAT, CHANNEL, "is_archived"

    def count(self, place: Place) -> int:
        conversation = place.user if isinstance(place, ChatUser) else place
        said = (said.to.removeprefix("thread:") for said in self._fake.said)
        return len(self._fake.cards_in(conversation)) + list(said).count(conversation)

    def delete(self, ref: MessageRef) -> None:
        self._fake.delete(ref)

    def go_wrong(self, how: str) -> None:
        if how == "lost":
            self._fake.answers_lost = 1
            return
        slow = UpstreamBusy("ratelimited", retry_after=timedelta(seconds=7))
        error = slow if how == "slow" else gone("is_archived")
        self._fake.fails_for = {CHANNEL: error, ADA_IN_CHAT.user: error}


class SlackMessages:
    def __init__(self, slack: LocalSlack, port: SlackMessenger) -> None:
        self._slack = slack
        self.port: Messenger = port
        self.ada, self.channel, self.refusal = ADA_IN_CHAT, CHANNEL, "is_archived"

    def count(self, place: Place) -> int:
        conversation = place.user if isinstance(place, ChatUser) else place
        workspace = self._slack.workspace
        channel = (
            conversation if conversation in workspace.channels else workspace.direct_channel("U0BOT", conversation).id
        )
        return len([message for message in workspace.messages.in_channel(channel) if not message.deleted])

    def delete(self, ref: MessageRef) -> None:
        message = self._slack.workspace.messages.find(ref.conversation, ref.message)
        assert message is not None
        self._slack.workspace.messages.delete(message)

    def go_wrong(self, how: str) -> None:
        for method in ("chat.postMessage", "chat.update"):
            if how == "slow":
                self._slack.faults.add(method, status=429, retry_after=7)
            elif how == "refused":
                self._slack.faults.add(method, error="is_archived")
        if how == "lost":
            self._slack.faults.add("chat.postMessage", drop="after", times=1)
