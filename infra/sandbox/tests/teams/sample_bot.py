"""A small bot that uses everything a person can touch: a card, dialogs that follow each other, a type-ahead, a file."""

import asyncio
from typing import Any

import jwt
from aiohttp import web

from infra.sandbox.local_teams import LocalTeams
from infra.sandbox.local_teams.model import CARD, FILE_CONSENT, FILE_INFO
from infra.sandbox.tests.teams.connector_client import ConnectorClient

Json = dict[str, Any]

ACCOUNTS = {"1111": "Payments Prod", "2222": "Payments Dev", "3333": "Web Prod"}
SETS = {"1111": ["ReadOnly"], "2222": ["ReadOnly", "PowerUser"], "3333": ["Admin"]}
CSV = b"id,who\nR-1,ada\n"


def text(words: str, **facts: Any) -> Json:
    return {"type": "TextBlock", "text": words, "wrap": True, **facts}


def card(*body: Json, actions: list[Json] | None = None, **facts: Any) -> Json:
    return {"type": "AdaptiveCard", "version": "1.6", "body": list(body), "actions": actions or [], **facts}


def execute(title: str, verb: str, **data: Any) -> Json:
    return {"type": "Action.Execute", "title": title, "verb": verb, "data": data}


def opening(title: str, act: str) -> Json:
    return {"type": "Action.Submit", "title": title, "data": {"msteams": {"type": "task/fetch"}, "act": act}}


def attached(content: Json) -> Json:
    return {"contentType": CARD, "content": content}


def approval(who: str, *, decided: str = "") -> Json:
    if decided:
        return card(text(f"Approved by {decided}", style="heading"))
    facts = [{"title": "Account", "value": "Payments Prod"}, {"title": "Why", "value": "\\*not bold\\*"}]
    return card(
        text(f"{who} **is requesting** access", style="heading"),
        {"type": "FactSet", "facts": facts},
        actions=[execute("Approve", "approve", who=who), opening("Reject", "reject")],
    )


def ask_form(error: str = "", reason: str = "") -> Json:
    query = {"type": "Data.Query", "dataset": "accounts", "associatedInputs": "auto"}
    sets = {"type": "Data.Query", "dataset": "sets", "associatedInputs": "auto"}
    return card(
        {
            "type": "Input.ChoiceSet",
            "id": "account",
            "label": "Account",
            "style": "filtered",
            "choices": [],
            "choices.data": query,
            "valueChangedAction": {"type": "Action.ResetInputs", "targetInputIds": ["set"]},
        },
        {
            "type": "Input.ChoiceSet",
            "id": "set",
            "label": "Permission set",
            "style": "filtered",
            "choices": [],
            "choices.data": sets,
        },
        {"type": "Input.Date", "id": "start.date", "label": "Start date"},
        {"type": "Input.Time", "id": "start.time", "label": "Start time (Europe/Berlin)"},
        *([text(error, color="Attention")] if error else []),
        {"type": "Input.Text", "id": "why", "label": "Justification", "isRequired": True, "value": reason},
        actions=[{"type": "Action.Submit", "title": "Submit", "data": {"form": "ask"}}],
    )


def dialog(title: str, content: Json) -> Json:
    return {"task": {"type": "continue", "value": {"title": title, "card": attached(content)}}}


class SampleBot:
    """Answers what comes in; what it does besides goes through the connector."""

    def __init__(self, teams: LocalTeams, client: ConnectorClient) -> None:
        self._teams = teams
        self._client = client
        self.heard: list[Json] = []
        #: Invokes wait for it before they answer.
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.choices_most = 15

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/teams/messages", self._listen)
        return app

    async def _listen(self, request: web.Request) -> web.Response:
        activity = await request.json()
        token = request.headers["Authorization"].removeprefix("Bearer ")
        claims = await self._claims(token)
        if claims["serviceurl"] != activity["serviceUrl"]:
            return web.Response(status=401)
        self.heard.append(activity)
        if activity["type"] == "message":
            await self._message(activity)
        elif activity["type"] == "invoke":
            return await self._invoke(activity)
        return web.Response()

    async def _claims(self, token: str) -> Json:
        published = await self._client.get((await self._client.get(self._teams.keys_url))["jwks_uri"])
        keys = {each["kid"]: jwt.PyJWK(each) for each in published["keys"]}
        claims: Json = jwt.decode(
            token,
            keys[jwt.get_unverified_header(token)["kid"]],
            algorithms=["RS256"],
            audience=self._teams.tenant.app.app_id,
            issuer="https://api.botframework.com",
            leeway=300,
        )
        return claims

    async def _message(self, activity: Json) -> None:
        said = activity.get("text", "").replace("<at>TEAM Bot</at>", "").strip()
        place, who = activity["conversation"]["id"], activity["from"]
        if said == "card":
            mentioned = {"id": who["id"], "name": who["name"]}
            mention = {"type": "mention", "text": f"<at>{who['name']}</at>", "mentioned": mentioned}
            content = approval(f"<at>{who['name']}</at>")
            content["msteams"] = {"entities": [mention]}
            await self._client.send(
                place, attachments=[attached(content)], summary=f"{who['name']} is requesting access"
            )
        elif said == "ask":
            await self._client.send(place, attachments=[attached(card(actions=[opening("Request access", "ask")]))])
        elif said == "file":
            content = {"description": "All requests", "sizeInBytes": len(CSV), "acceptContext": {"export": "7"}}
            offered = {"contentType": FILE_CONSENT, "name": "audit.csv", "content": content}
            await self._client.send(place, attachments=[offered])
        elif said == "secret":
            recipient = {"id": who["id"]}
            body = {"type": "message", "text": "for you alone", "recipient": recipient}
            path = f"conversations/{place}/activities"
            await self._client.call("POST", path, body, isTargetedActivity="true")
        elif said:
            await self._client.send(place, text=f"you said {said}", textFormat="plain")

    async def _invoke(self, activity: Json) -> web.Response:
        await self.may_answer.wait()
        value = activity["value"]
        match activity["name"]:
            case "adaptiveCard/action":
                return web.json_response(self._execute(activity, value["action"], value["trigger"]))
            case "task/fetch" | "composeExtension/fetchTask":
                return web.json_response(self._open(value))
            case "task/submit" | "composeExtension/submitAction":
                return web.json_response(self._submit(value["data"]))
            case "application/search":
                return web.json_response(self._search(value))
            case "fileConsent/invoke":
                await self._file(activity, value)
                return web.Response()
            case _:
                return web.Response(status=501)

    def _execute(self, activity: Json, action: Json, trigger: str) -> Json:
        if action["verb"] == "line":
            return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Not yours."}
        if action["verb"] == "nonsense":
            return {"statusCode": 200, "type": "text/html", "value": "<b>"}
        if action["verb"] == "refresh":
            mine = card(text(f"Made for {activity['from']['name']} by {trigger}"))
            return {"statusCode": 200, "type": CARD, "value": mine}
        decided = approval("", decided=activity["from"]["name"])
        return {"statusCode": 200, "type": CARD, "value": decided}

    def _open(self, value: Json) -> Json:
        act = value.get("commandId") or value["data"]["act"]
        if act in ("ask", "request", "about"):
            return dialog("Request access", ask_form())
        why = {"type": "Input.Text", "id": "why", "label": "Reason"}
        send = {"type": "Action.Submit", "title": "Reject", "data": {"form": "reject"}}
        return dialog("Reject the request", card(why, actions=[send]))

    def _submit(self, data: Json) -> Json:
        if data.get("why") == "no":
            return dialog("Request access", ask_form("Give a real reason.", "no"))
        if data.get("why") == "nothing":
            return {}
        if data.get("why") == "execute":
            return dialog("Wrong", card(text("?"), actions=[execute("Go", "go")]))
        said = {"type": "Action.Submit", "title": "Done", "data": {"why": "nothing"}}
        return dialog("Sent", card(text(f"Sent for {data['account']}: {data['why']}"), actions=[said]))

    def _search(self, value: Json) -> Json:
        query = value["queryText"].casefold()
        if value["dataset"] == "sets":
            found = {each: each for each in SETS.get(value["data"].get("account", ""), [])}
        else:
            found = {number: name for number, name in ACCOUNTS.items() if query in name.casefold()}
            found |= {f"more{n}": f"More {n}" for n in range(self.choices_most - 15)}
        results = [{"value": number, "title": name} for number, name in found.items()]
        return {
            "statusCode": 200,
            "type": "application/vnd.microsoft.search.searchResponse",
            "value": {"results": results},
        }

    async def _file(self, activity: Json, value: Json) -> None:
        if value["action"] != "accept":
            return
        info = value["uploadInfo"]
        await self._client.upload(info["uploadUrl"], CSV)
        content = {"uniqueId": info["uniqueId"], "fileType": info["fileType"]}
        sent = {"contentType": FILE_INFO, "name": info["name"], "contentUrl": info["contentUrl"], "content": content}
        await self._client.send(activity["conversation"]["id"], attachments=[sent])
