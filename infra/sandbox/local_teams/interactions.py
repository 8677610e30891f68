"""Teams' part in a person's act: it tells the bot, reads the answer, and shows the result."""

import secrets
from html import escape
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from infra.sandbox.changes import Change
from infra.sandbox.local_teams.activities import Activities
from infra.sandbox.local_teams.activity_sender import ActivitySender, Delivery
from infra.sandbox.local_teams.answers import (
    TROUBLE,
    UNREACHABLE,
    CardAnswer,
    DialogAnswer,
    UnusableError,
    read_card_answer,
    read_choices,
    read_dialog_answer,
)
from infra.sandbox.local_teams.dialogs import OpenDialog
from infra.sandbox.local_teams.model import FILE_CONSENT, Conversation, Json, Message, StoredFile, TeamsUser
from infra.sandbox.local_teams.tenant import Tenant

_CONTEXT = {"theme": "default"}


class Interactions:
    """Acts for people by their ids; the person driver and the browser page both stand on it."""

    def __init__(self, tenant: Tenant, activity_sender: ActivitySender, activities: Activities, server: str) -> None:
        self._tenant = tenant
        self._activity_sender = activity_sender
        self._activities = activities
        self._server = server

    async def say(
        self, user: TeamsUser, conversation: Conversation, text: str, root: Message | None = None
    ) -> Delivery | None:
        """A person posts; the bot hears it in the 1:1 chat, and in a channel where it is and is mentioned."""
        root_id = (root.root_id or root.id) if root else None
        marked = f"<at>{self._tenant.app.name}</at>"
        mention = {"id": self._tenant.app.bot_id, "name": self._tenant.app.name}
        mentioned = marked in text
        entities = [{"type": "mention", "mentioned": mention, "text": marked}] if mentioned else []
        message = self._tenant.messages.post(
            conversation.id, user.mri, text=text, text_format="plain", entities=entities, root_id=root_id
        )
        if not self._hears(conversation) or (conversation.kind == "channel" and not mentioned):
            return None
        return await self._activity_sender.deliver(self._activities.message(user, message))

    async def execute(
        self, user: TeamsUser, message: Message, action: Json, inputs: dict[str, str], trigger: str = "manual"
    ) -> tuple[Delivery, CardAnswer]:
        """`Action.Execute` of a card, pressed, or by the card's `refresh` (``automatic``)."""
        data: Json = {**(action.get("data") or {}), **inputs}
        kept = {name: action[name] for name in ("type", "id", "title", "verb") if name in action}
        value: Json = {"action": {**kept, "data": data}, "trigger": trigger}
        conversation = self._tenant.conversations[message.conversation_id]
        delivery = await self._invoke("adaptiveCard/action", user, conversation, value, message.id)
        try:
            answer = read_card_answer(delivery)
        except UnusableError as unusable:
            answer = CardAnswer(failure=self._unusable(delivery, unusable))
        if answer.card:
            self._tenant.messages.show_to(message, user.mri, answer.card)
        return delivery, answer

    async def open_from_card(
        self, user: TeamsUser, message: Message, action: Json, inputs: dict[str, str]
    ) -> tuple[Delivery, OpenDialog]:
        """`Action.Submit` that asks for a dialog."""
        value = {"data": {**action["data"], **inputs}, "context": _CONTEXT}
        conversation = self._tenant.conversations[message.conversation_id]
        delivery = await self._invoke("task/fetch", user, conversation, value, message.id)
        dialog = OpenDialog(user, conversation)
        self._follow(delivery, dialog)
        return delivery, dialog

    async def submit_message(self, user: TeamsUser, message: Message, action: Json, inputs: dict[str, str]) -> Delivery:
        """`Action.Submit` of a card in a message, without a dialog: comes to the bot as a message without text."""
        conversation = self._tenant.conversations[message.conversation_id]
        root_id = (message.root_id or message.id) if conversation.kind == "channel" else None
        unseen = Message(conversation.id, message.id, user.mri, root_id=root_id)
        activity = self._activities.message(user, unseen)
        activity |= {"value": {**(action.get("data") or {}), **inputs}, "replyToId": message.id, "attachments": []}
        activity["id"] = activity["id"] + "0"
        del activity["text"], activity["textFormat"]
        return await self._activity_sender.deliver(activity)

    async def open_from_compose_box(
        self, user: TeamsUser, conversation: Conversation, command_id: str
    ) -> tuple[Delivery, OpenDialog]:
        """An action command, picked under the box in which people write."""
        return await self._open_by_command(OpenDialog(user, conversation, command_id))

    async def open_from_message(
        self, user: TeamsUser, message: Message, command_id: str
    ) -> tuple[Delivery, OpenDialog]:
        """An action command, picked in the menu of a message, which Teams sends along as its client shows it."""
        conversation = self._tenant.conversations[message.conversation_id]
        place = f"{quote(conversation.id, safe='')}/{message.id}"
        quoted: Json = {
            "id": message.id,
            "linkToMessage": f"https://teams.microsoft.com/l/message/{place}",
            "body": {"contentType": "html", "content": _as_html(message.text)},
            "attachments": [],
        }
        return await self._open_by_command(OpenDialog(user, conversation, command_id, quoted))

    async def _open_by_command(self, dialog: OpenDialog) -> tuple[Delivery, OpenDialog]:
        value = {**_command(dialog), "context": _CONTEXT}
        delivery = await self._invoke("composeExtension/fetchTask", dialog.user, dialog.conversation, value)
        self._follow(delivery, dialog)
        return delivery, dialog

    async def submit(self, dialog: OpenDialog, action: Json, inputs: dict[str, str]) -> Delivery:
        """A button of a dialog: what it carries and what is filled in go to the bot, whose answer comes next."""
        data = {**(action.get("data") or {}), **inputs}
        value: Json = {"data": data, "context": _CONTEXT}
        name = "task/submit"
        if dialog.command_id:
            name = "composeExtension/submitAction"
            value |= _command(dialog)
        delivery = await self._invoke(name, dialog.user, dialog.conversation, value)
        self._follow(delivery, dialog)
        return delivery

    async def search(self, user: TeamsUser, place: OpenDialog | Message, element: Json, query: str) -> list[Json]:
        """The choices of a type-ahead for the letters typed; none if the answer is of no use."""
        asked = element["choices.data"]
        options = {"skip": int(asked.get("skip", 0)), "top": int(asked.get("count", 15))}
        value: Json = {"queryText": query, "queryOptions": options, "dataset": asked["dataset"]}
        if asked.get("associatedInputs") == "auto":
            others = place.values if isinstance(place, OpenDialog) else {}
            value["data"] = {name: held for name, held in others.items() if name != element["id"]}
        if isinstance(place, OpenDialog):
            conversation, about = place.conversation, ""
        else:
            conversation, about = self._tenant.conversations[place.conversation_id], place.id
        delivery = await self._invoke("application/search", user, conversation, value, about)
        try:
            choices, too_many = read_choices(delivery)
        except UnusableError as unusable:
            self._unusable(delivery, unusable)
            return []
        if too_many:
            self._activity_sender.complain(delivery, too_many)
        return choices

    async def answer_file(self, user: TeamsUser, message: Message, action: str) -> Delivery:
        """``accept`` or ``decline`` on a file consent card."""
        offered = next(each for each in message.attachments if each["contentType"] == FILE_CONSENT)
        content = offered["content"]
        value: Json = {"type": "fileUpload", "action": action, "context": content.get(f"{action}Context") or {}}
        if action == "accept":
            file = StoredFile(offered["name"], user, secrets.token_urlsafe(24), str(uuid4()), content["sizeInBytes"])
            self._tenant.files.append(file)
            value["uploadInfo"] = {
                "contentUrl": f"{self._server}/onedrive/{file.unique_id}/{file.name}",
                "name": file.name,
                "uploadUrl": f"{self._server}/upload/{file.secret}",
                "uniqueId": file.unique_id,
                "fileType": file.name.rpartition(".")[2],
            }
        conversation = self._tenant.conversations[message.conversation_id]
        return await self._invoke("fileConsent/invoke", user, conversation, value, message.id)

    async def install(self, user: TeamsUser) -> Delivery:
        """The app is installed for a person."""
        user.installed = True
        chat = self._tenant.chat(user)
        self._changed(user)
        if not user.blocked:
            await self._activity_sender.deliver(self._activities.members(user, chat, [self._tenant.app.bot_id], []))
        return await self._activity_sender.deliver(self._activities.installation(user, chat, "add"))

    async def uninstall(self, user: TeamsUser) -> Delivery:
        user.installed = False
        self._changed(user)
        return await self._activity_sender.deliver(
            self._activities.installation(user, self._tenant.chat(user), "remove")
        )

    def _changed(self, user: TeamsUser) -> None:
        self._tenant.changes.announce(Change("person.changed", user, user.mri))

    def _hears(self, conversation: Conversation) -> bool:
        if conversation.team is not None:
            return conversation.team.has_bot and conversation.has_bot
        user = conversation.members[0]
        return user.installed and not user.blocked and not self._tenant.app.disabled_by_admin

    async def _invoke(
        self, name: str, user: TeamsUser, conversation: Conversation, value: Any, about: str = ""
    ) -> Delivery:
        return await self._activity_sender.invoke(self._activities.invoke(name, user, conversation, value, about))

    def _follow(self, delivery: Delivery, dialog: OpenDialog) -> None:
        """Shows what the bot answered in place of what the dialog shows."""
        dialogs = self._tenant.dialogs
        try:
            answer: DialogAnswer = read_dialog_answer(delivery)
        except UnusableError as unusable:
            dialogs.fail(dialog, self._unusable(delivery, unusable))
            return
        if answer.card:
            dialogs.show(dialog, answer.title, answer.card)
        elif answer.message:
            dialogs.say(dialog, answer.message)
        else:
            dialogs.close(dialog)

    def _unusable(self, delivery: Delivery, unusable: UnusableError) -> str:
        """Records why an answer was of no use; what the person reads of it."""
        self._activity_sender.complain(delivery, str(unusable))
        return TROUBLE if delivery.ok else UNREACHABLE


def _command(dialog: OpenDialog) -> Json:
    """The command behind a dialog, as Teams tells it whenever it asks the bot for something."""
    if not dialog.quoted:
        return {"commandId": dialog.command_id, "commandContext": "compose"}
    return {"commandId": dialog.command_id, "commandContext": "message", "messagePayload": dialog.quoted}


def _as_html(text: str) -> str:
    """Clients keep what people type as markup, a paragraph a line; mentions are marked there as here."""
    shown = escape(text, quote=False).replace("&lt;at&gt;", '<at id="0">').replace("&lt;/at&gt;", "</at>")
    return "".join(f"<p>{line}</p>" for line in shown.splitlines())
