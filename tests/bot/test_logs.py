"""The lines that the process logs about itself, and those that it never logs."""

import io
import json
import logging

import pytest
import structlog

from bot.logs import REDACTED, configure, new_incident, redaction

pytestmark = pytest.mark.usefixtures("_restored_logging")
SECRET = "not-of-a-telling-form"


def lines(to: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in to.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_level_time_and_facts() -> None:
    configure("json", to=(out := io.StringIO()))

    structlog.get_logger("bot.test").info("granted", request=1042)

    (line,) = lines(out)
    assert line.pop("timestamp", "").endswith("Z")  # type: ignore[attr-defined]
    assert line == {"event": "granted", "level": "info", "logger": "bot.test", "request": "R-1042"}


def test_libraries_write_into_the_same_stream() -> None:
    configure("json", to=(out := io.StringIO()))

    logging.getLogger("some.library").warning("%d things", 3)

    assert lines(out)[0]["event"] == "3 things"


def test_context_that_is_bound_stands_in_every_line() -> None:
    configure("json", to=(out := io.StringIO()))

    with structlog.contextvars.bound_contextvars(request="R-1042"):
        structlog.get_logger().info("one")
        logging.getLogger("library").info("two")
    structlog.get_logger().info("three")

    assert [line.get("request") for line in lines(out)] == ["R-1042", "R-1042", None]


def test_a_person_can_read_the_console_form() -> None:
    configure("console", to=(out := io.StringIO()))

    structlog.get_logger().info("granted", request=1042)

    assert "granted" in out.getvalue()
    assert "request=R-1042" in out.getvalue()


@pytest.mark.parametrize("style", ["json", "console"])
def test_what_an_eye_cannot_see_is_written_out(style: str) -> None:
    configure(style, to=(out := io.StringIO()))  # type: ignore[arg-type]
    name = "Ada\x1b[2J\u202egnp\x9b1A\x85{}\u2028{}\U000e0041end"

    structlog.get_logger().info("granted", by=name)
    structlog.get_logger().info("granted", by=name.split("g", maxsplit=1)[0])

    first, second = out.getvalue().splitlines()
    assert (first + second).isprintable()
    if style == "json":
        assert [line["by"] for line in lines(out)] == [name, name.split("g", maxsplit=1)[0]], "and read as it was"


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_failure_is_written_with_its_traceback_and_without_secrets(style: str) -> None:
    configure(style, known=[SECRET], to=(out := io.StringIO()))  # type: ignore[arg-type]

    try:
        int(f"token xoxb-1-abc, {SECRET}")
    except ValueError:
        structlog.get_logger().exception("tick failed", incident=new_incident())

    assert "ValueError" in out.getvalue()
    assert "test_logs.py" in out.getvalue()
    assert "xoxb-1-abc" not in out.getvalue()
    assert SECRET not in out.getvalue()


REVEALING = [
    "xoxb-123-456-Abc_def",
    "xoxe.xoxp-1-Mi0yLTk",
    "xapp-1-A0123-456-abcdef",
    "v0=" + "a1" * 32,
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwcyJ9.c2lnbmF0dXJl-_x",
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "tb_" + "aB3_-" * 8 + "xyz",
    "whsec_" + "aB3+/" * 8 + "==",
]


@pytest.mark.parametrize("secret", REVEALING)
@pytest.mark.parametrize(
    "around", ["{}", "token={}.", '{{"token": "{}"}}', "Bearer {}", "https://x/?token={}&y=1", "({})"]
)
def test_whatever_looks_like_a_secret_is_taken_out_of_a_line(secret: str, around: str) -> None:
    line = redaction()(around.format(secret))

    assert secret not in line
    assert REDACTED in line


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("postgresql+asyncpg://bot:hunter2@db/teambot", "hunter2"),
        ("https://hooks.slack.com/commands/T1/2/abcdef", "abcdef"),
        ("SLACK_SIGNING_SECRET=8f742231b10e", "8f742231b10e"),
        ('{"aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG"}', "wJalrXUtnFEMI"),
        (r'{"event": "{\"password\": \"hunter2\"}"}', "hunter2"),
        ("Authorization: Bearer abcdef123", "abcdef123"),
        ("password = 'hunter2'", "hunter2"),
        ("X-Amz-Security-Token=FwoGZXIvYXdz&X-Amz-Date=1", "FwoGZXIvYXdz"),
        ("Authorization: TeamBot-AWS eyJzZWN1cml0eV90b2tlbiI6_-==", "eyJzZWN1cml0eV90b2tlbiI6_-=="),
        ('{"Authorization": "TeamBot-AWS eyJzZWN1cml0eV90b2tlbiI6_-=="}', "eyJzZWN1cml0eV90b2tlbiI6_-=="),
    ],
)
def test_a_value_that_is_called_a_secret_is_taken_out(line: str, hidden: str) -> None:
    assert hidden not in redaction()(line)


def test_known_secrets_are_taken_out_wherever_they_stand() -> None:
    assert redaction([SECRET])(f"a{SECRET}b") == f"a{REDACTED}b"


@pytest.mark.parametrize(
    "line",
    ["request R-1042 granted", "arn:aws:sso:::permissionSet/ssoins-1/ps-1", "http://127.0.0.1:3000/healthz", "C0123"],
)
def test_harmless_lines_stay_as_they_are(line: str) -> None:
    assert redaction(["", "abc"])(line) == line


def test_a_line_of_json_is_still_json_after_a_secret_was_taken_out() -> None:
    configure("json", known=[SECRET], to=(out := io.StringIO()))

    structlog.get_logger().info("got", url="postgresql://u:pw@h/d", header="Authorization: Bearer abc", secret=SECRET)

    assert lines(out)[0]["event"] == "got"


def test_what_people_wrote_is_left_out_even_when_it_is_passed_along() -> None:
    configure("json", to=(out := io.StringIO()))

    structlog.get_logger().info("submitted", justification="my private reason", body={"text": "private"})
    logging.getLogger("library").info("sent", extra={"text": "private"})

    assert [line["event"] for line in lines(out)] == ["submitted", "sent"]
    assert "private" not in out.getvalue()


@pytest.mark.parametrize("library", ["slack_bolt", "slack_sdk.web.async_client", "botocore.endpoint", "aiohttp.access"])
def test_libraries_that_write_whole_requests_are_kept_quiet(library: str) -> None:
    configure("json", "debug", to=(out := io.StringIO()))

    logging.getLogger(library).debug("the whole body")
    logging.getLogger(library).info("the whole body")
    logging.getLogger("bot").debug("a detail")

    assert [line["event"] for line in lines(out)] == ["a detail"]


def test_a_level_leaves_out_what_is_below_it() -> None:
    configure("json", "error", to=(out := io.StringIO()))

    logging.getLogger("slack_sdk").warning("no")
    structlog.get_logger().warning("no")
    structlog.get_logger().error("yes")

    assert [line["event"] for line in lines(out)] == ["yes"]


def test_configuring_twice_writes_each_line_once() -> None:
    configure("json", to=io.StringIO())
    configure("json", to=(out := io.StringIO()))

    structlog.get_logger().info("once")

    assert len(lines(out)) == 1
