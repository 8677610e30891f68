"""A small Bolt app that uses everything a person can touch: a form with dependent menus, cards, a Home."""

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

Json = dict[str, Any]

ACCOUNTS = {"1111": "Payments Prod", "2222": "Payments Dev", "3333": "Web Prod"}
ROLES = {"1111": ["ReadOnly"], "2222": ["ReadOnly", "PowerUser"], "3333": ["Admin"]}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def markup(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str, text: str) -> Json:
    return {"value": value, "text": plain(text), "description": plain(value)}


def form(account: str = "") -> Json:
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": plain("Ask for a role"),
        "submit": plain("Submit"),
        "close": plain("Cancel"),
        "blocks": [_account(), *_roles(account), _reason(), _start()],
    }


def sample_app(client: AsyncWebClient) -> AsyncApp:
    app = AsyncApp(client=client, signing_secret="local-signing-secret")
    app.command("/ask")(open_form)
    app.command("/echo")(echo)
    app.command("/slow")(slow)
    app.command("/card")(post_card)
    app.options("account")(suggest)
    app.action("account")(account_chosen)
    app.view("ask")(submitted)
    app.action("approve")(approve)
    app.action("dismiss")(dismiss)
    app.event("app_home_opened")(publish_home)
    app.event("message")(nothing)
    app.event("user_change")(nothing)
    return app


async def open_form(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
    await ack()
    await client.views_open(trigger_id=body["trigger_id"], view=form())


async def echo(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
    await ack(f"you said {body['text']}")
    await respond(text="and *again*", blocks=[_dismissable("and *again*")])


async def slow(ack: AsyncAck) -> None:
    await asyncio.sleep(0.5)
    await ack()


async def post_card(ack: AsyncAck, client: AsyncWebClient) -> None:
    await ack()
    await client.chat_postMessage(channel="C0GENERAL", text="A card", blocks=card("&lt;!channel&gt; fix &amp; go"))


async def suggest(ack: AsyncAck, payload: Json) -> None:
    query = payload["value"].casefold()
    found = [option(value, text) for value, text in ACCOUNTS.items() if query in text.casefold()]
    await ack(options=found)


async def account_chosen(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
    await ack()
    chosen = body["actions"][0]["selected_option"]["value"]
    view = body["view"]
    await client.views_update(view_id=view["id"], hash=view["hash"], view=form(chosen))


async def submitted(ack: AsyncAck, view: Json, body: Json, client: AsyncWebClient) -> None:
    reason = view["state"]["values"]["reason"]["reason"]["value"]
    if reason == "no":
        await ack(response_action="errors", errors={"reason": "Give a real reason."})
        return
    if reason == "nonsense":
        await ack(response_action="errors", errors={"no such block": "?"})
        return
    done = {"type": "modal", "title": plain("Sent"), "blocks": [{"type": "section", "text": markup("Sent.")}]}
    await ack(response_action="update", view=done)
    asker = body["user"]["id"]
    await client.chat_postMessage(channel="C0APPROVALS", text="asks", blocks=card(f"<@{asker}> asks for {reason}"))
    await client.chat_postMessage(channel=asker, text="It waits for approval")


async def approve(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
    await ack()
    place = body["container"]
    who = f"Approved by <@{body['user']['id']}>"
    await client.chat_update(
        channel=place["channel_id"],
        ts=place["message_ts"],
        text="Approved",
        blocks=[{"type": "section", "text": markup(who)}],
    )


async def dismiss(ack: AsyncAck, respond: AsyncRespond) -> None:
    await ack()
    await respond(text="Dismissed", replace_original=True)


async def publish_home(event: Json, client: AsyncWebClient) -> None:
    blocks = [
        {"type": "header", "text": plain("Live now")},
        {"type": "section", "text": markup(f"*Hello* <@{event['user']}>")},
    ]
    await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})


async def nothing() -> None: ...


def card(text: str) -> list[Json]:
    confirm = {
        "title": plain("Sure?"),
        "text": plain("This grants access."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    approving = {
        "type": "button",
        "action_id": "approve",
        "text": plain("Approve"),
        "value": "1",
        "style": "primary",
        "confirm": confirm,
    }
    return [
        {"type": "section", "text": markup(text)},
        {"type": "context", "elements": [markup("until <!date^1790001000^{date_short_pretty} {time}|later>")]},
        {"type": "actions", "elements": [approving]},
    ]


def _account() -> Json:
    menu = {"type": "external_select", "action_id": "account", "min_query_length": 0}
    return {
        "type": "input",
        "block_id": "account",
        "label": plain("Account"),
        "dispatch_action": True,
        "element": {**menu, "placeholder": plain("Choose an account")},
    }


def _roles(account: str) -> list[Json]:
    if not account:
        return []
    options = [option(each, each) for each in ROLES[account]]
    return [
        {
            "type": "input",
            "block_id": f"role-{account}",
            "label": plain("Role"),
            "element": {"type": "static_select", "action_id": "role", "options": options},
        }
    ]


def _reason() -> Json:
    typed = {"type": "plain_text_input", "action_id": "reason", "multiline": True, "min_length": 2}
    return {"type": "input", "block_id": "reason", "label": plain("Reason"), "element": typed}


def _start() -> Json:
    picker = {"type": "datetimepicker", "action_id": "start"}
    return {"type": "input", "block_id": "start", "optional": True, "label": plain("Start"), "element": picker}


def _dismissable(text: str) -> Json:
    button = {"type": "button", "action_id": "dismiss", "text": plain("Dismiss")}
    return {"type": "section", "text": markup(text), "accessory": button}
