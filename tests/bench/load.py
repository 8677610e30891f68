"""Load from a process of its own: signed calls, so many in flight, each timed.

``python -m tests.bench.load URL IN_FLIGHT`` reads lines of JSON (a content type and a body each) from standard input,
posts them in this order, and writes the milliseconds of each as JSON; null for one that was not answered with 200.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence

import aiohttp

from infra.sandbox.slack.delivery.signing import signed
from infra.sandbox.stage import SIGNING_SECRET

Posted = tuple[str, str]
"""Content type and body."""

ANSWERED_WITHIN, ALL_WITHIN = 10.0, 120.0


async def post_all(url: str, posts: Sequence[Posted], in_flight: int) -> list[float | None]:
    took: list[float | None] = [None] * len(posts)
    waiting = iter(enumerate(posts))
    timeout = aiohttp.ClientTimeout(total=ANSWERED_WITHIN)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight), timeout=timeout) as session:
        try:
            async with asyncio.timeout(ALL_WITHIN), asyncio.TaskGroup() as group:
                for _ in range(in_flight):
                    group.create_task(_work_off(session, url, waiting, took))
        except TimeoutError:
            pass  # what was not answered by then is told as such
    return took


async def _work_off(
    session: aiohttp.ClientSession, url: str, waiting: Iterator[tuple[int, Posted]], took: list[float | None]
) -> None:
    for number, (content_type, body) in waiting:
        headers = signed(SIGNING_SECRET, body, content_type=content_type)
        began = time.perf_counter()
        try:
            async with session.post(url, data=body.encode(), headers=headers) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            continue
        if answer.status == 200:
            took[number] = (time.perf_counter() - began) * 1000


def main() -> None:
    url, in_flight = sys.argv[1], int(sys.argv[2])
    posts = [(said[0], said[1]) for said in map(json.loads, sys.stdin)]
    json.dump(asyncio.run(post_all(url, posts, in_flight)), sys.stdout)


if __name__ == "__main__":
    main()
