"""What is said about one request, as mrkdwn: for views that are not drawn from ``handlers.screens`` yet."""

from collections.abc import Callable
from typing import ParamSpec

from handlers.screens import story
from handlers.screens.spans import Text
from handlers.slack.drawing.spans import mrkdwn

_P = ParamSpec("_P")


def _line(said: Callable[_P, Text]) -> Callable[_P, str]:
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> str:
        return mrkdwn(said(*args, **kwargs))

    return drawn


def _lines(said: Callable[_P, list[Text]]) -> Callable[_P, list[str]]:
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> list[str]:
        return list(map(mrkdwn, said(*args, **kwargs)))

    return drawn


status_line = _line(story.status_line)
status_words = _line(story.status_words)
request_link = _line(story.request_link)
target = _line(story.target)
asks = _line(story.asks)
account = _line(story.account)
permission_set = _line(story.permission_set)
person = _line(story.person)
second_account = _line(story.second_account)
untold = _line(story.untold)
window = _line(story.window)
expiry = _line(story.expiry)
extension = _line(story.extension)
policies = _line(story.policies)
vote_lines = _lines(story.vote_lines)
progress = _line(story.progress)
ending_lines = _lines(story.ending_lines)
too_late = _line(story.too_late)
old_picture = _line(story.old_picture)
session_tail = _line(story.session_tail)
failure_lines = _lines(story.failure_lines)
left_behind = _line(story.left_behind)
