"""The open views of each person: the stack of modals, and the app's Home."""

import copy
import secrets
from collections.abc import Callable

from infra.sandbox.changes import Change, Changes
from infra.sandbox.slack.blockkit import with_ids
from infra.sandbox.slack.blockkit.form import carried_over, initial_values
from infra.sandbox.slack.ids import Ids
from infra.sandbox.slack.model import App, Json, View
from infra.sandbox.slack.refusal import RefusedError

STACK_MOST = 3


class Views:
    def __init__(self, team_id: str, ids: Ids, clock: Callable[[], float], changes: Changes) -> None:
        self._team_id = team_id
        self._ids = ids
        self._clock = clock
        self._changes = changes
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[tuple[str, str], View] = {}
        self._all: dict[str, View] = {}

    def stack(self, user_id: str) -> list[View]:
        """The person's modals, the one on top last."""
        return list(self._stacks.get(user_id, ()))

    def top(self, user_id: str) -> View | None:
        stack = self._stacks.get(user_id)
        return stack[-1] if stack else None

    def home(self, app_id: str, user_id: str) -> View | None:
        return self._homes.get((app_id, user_id))

    def recall(self, view_id: str) -> View:
        """A view that was ever shown, closed ones too."""
        return self._all[view_id]

    def find(self, *, view_id: str = "", external_id: str = "") -> View:
        """An open view, or Slack's `not_found`."""
        for view in self._all.values():
            named = view.id == view_id or (external_id and view.payload.get("external_id") == external_id)
            if named and view.is_open:
                return view
        raise RefusedError("not_found")

    def open(self, app: App, user_id: str, payload: Json) -> View:
        """Shows a modal; whatever stack stood there goes."""
        view = self._new(app, user_id, payload)
        for each in self._stacks.get(user_id, ()):
            each.is_open = False
        self._stacks[user_id] = [view]
        self._announce("view.opened", view)
        return view

    def push(self, app: App, user_id: str, payload: Json) -> View:
        stack = self._stacks.get(user_id)
        if not stack:
            raise RefusedError("not_found")
        if len(stack) >= STACK_MOST:
            raise RefusedError("push_limit_reached")
        view = self._new(app, user_id, payload, below=stack[-1])
        stack.append(view)
        self._announce("view.pushed", view)
        return view

    def update(self, view: View, payload: Json, expected_hash: str = "") -> View:
        """Shows something else in the same place; what a person typed stays where the ids stayed."""
        if expected_hash and expected_hash != view.hash:
            raise RefusedError("hash_conflict")
        self._check_external_id(payload, view)
        view.payload = {**copy.deepcopy(payload), "blocks": with_ids(payload["blocks"])}
        view.values = carried_over(view.values, view.blocks)
        view.hash = self._new_hash()
        view.errors, view.trouble = {}, None
        self._announce("view.updated", view)
        return view

    def publish(self, app: App, user_id: str, payload: Json, expected_hash: str = "") -> View:
        home = self._homes.get((app.app_id, user_id))
        if home is not None:
            return self.update(home, payload, expected_hash)
        if expected_hash:
            raise RefusedError("hash_conflict")
        self._homes[app.app_id, user_id] = view = self._new(app, user_id, payload)
        self._announce("view.published", view)
        return view

    def close(self, view: View) -> None:
        """Takes a modal away; the one below shows again."""
        stack = self._stacks.get(view.user_id, [])
        if view in stack:
            stack.remove(view)
        view.is_open = False
        self._announce("view.closed", view)

    def clear(self, user_id: str) -> None:
        """Takes the whole stack away."""
        for view in reversed(self.stack(user_id)):
            self.close(view)

    def mark(self, view: View, *, errors: dict[str, str] | None = None, trouble: str | None = None) -> None:
        """Shows errors under the inputs, or Slack's own words of trouble over the form."""
        view.errors, view.trouble = errors or {}, trouble
        self._announce("view.marked", view)

    def fill(self, view: View, block_id: str, action_id: str, state: Json) -> None:
        """Keeps what a person put into an element."""
        view.values.setdefault(block_id, {})[action_id] = state
        view.errors.pop(block_id, None)
        self._announce("view.filled", view)

    def _new(self, app: App, user_id: str, payload: Json, below: View | None = None) -> View:
        self._check_external_id(payload, None)
        view_id = self._ids.next("V")
        shown = {**copy.deepcopy(payload), "blocks": with_ids(payload["blocks"])}
        view = View(
            id=view_id,
            app_id=app.app_id,
            bot_id=app.bot_id,
            team_id=self._team_id,
            user_id=user_id,
            payload=shown,
            hash=self._new_hash(),
            root_view_id=below.root_view_id if below else view_id,
            previous_view_id=below.id if below else None,
            values=initial_values(shown["blocks"]),
        )
        self._all[view_id] = view
        return view

    def _check_external_id(self, payload: Json, itself: View | None) -> None:
        external_id = payload.get("external_id")
        for view in self._all.values():
            taken = view.is_open and view.payload.get("external_id") == external_id
            if external_id and taken and view is not itself:
                raise RefusedError("duplicate_external_id")

    def _new_hash(self) -> str:
        return f"{int(self._clock())}.{secrets.token_hex(4)}"

    def _announce(self, kind: str, view: View) -> None:
        self._changes.announce(Change(kind, view, view.user_id))
