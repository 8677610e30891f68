"""The local AWS alone, as a process: `python -m infra.sandbox.aws --port 4566`."""

import argparse
import asyncio
import signal

from infra.sandbox.company import example_company, large_company

from .server import LocalAws


async def serve(port: int, *, large: bool) -> None:
    """Runs until it is interrupted or terminated, after printing the environment that an SDK needs."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with LocalAws(large_company() if large else example_company(), port=port) as aws:
        for name, value in aws.environment().items():
            print(f"{name}={value}", flush=True)  # noqa: T201 -- the output of a command
        await stopped.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--large", action="store_true", help="3,000 accounts and 300 permission sets")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, large=arguments.large))


if __name__ == "__main__":
    main()
