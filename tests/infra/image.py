"""Plays the Dockerfile where there is no engine: ``python -m tests.infra.image`` (``make image-check``).

Each stage is a root of its own: the system of this machine read-only, an environment of its Python in place of the
base's, and empty folders. RUN, COPY, ENV, ARG and USER do there what they say. What was built then runs as the user of
the image, without a capability, on a read-only root, against a local Slack and AWS, until its health check is content.

Not played: the base image itself. Needs Linux, and root or user namespaces.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from infra.sandbox.company import example_company
from infra.sandbox.ports import HeldPort
from infra.sandbox.stage import Stage as World
from tests.repo.tree import ROOT

DOCKERFILE = ROOT / "infra/docker/Dockerfile"
SYSTEM = tuple(Path("/") / name for name in ("bin", "etc", "lib", "lib32", "lib64", "sbin", "usr"))
PYTHON = Path(sys.base_prefix)
#: What a builder takes over from the machine it runs on.
OF_THE_MACHINE = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "PIP_CERT", "PIP_INDEX_URL", "SSL_CERT_FILE")
#: Where something would be written, were it possible.
WRITABLE = "/ /etc /home /opt /opt/teambot /opt/teambot/bin /tmp /usr/local /var"
READY_WITHIN, ENDS_WITHIN = 120.0, 30.0


@dataclass
class Stage:
    """A stage of the Dockerfile: its instructions, and what they set."""

    name: str
    instructions: list[tuple[str, str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin"})
    folder: str = "/"

    def last(self, instruction: str) -> str:
        """The argument of the last instruction of this kind."""
        return next(value for name, value in reversed(self.instructions) if name == instruction)


def stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile; what stands before the first FROM is left out."""
    found: list[Stage] = []
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n", " ", lines).splitlines():
        name, _, value = line.strip().partition(" ")
        if name == "FROM":
            found.append(Stage(value.partition(" AS ")[2].strip() or str(len(found))))
        elif name and found:
            found[-1].instructions.append((name, value.strip()))
    return found


def in_context(path: Path) -> bool:
    """True if `.dockerignore` lets a file of this tree into the image; the last rule that fits decides."""
    name, is_in = path.relative_to(ROOT).as_posix(), True
    for rule in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = rule.removeprefix("!")
        if (
            rule
            and not rule.startswith("#")
            and any(fnmatch(part, pattern.removeprefix("**/")) for part in _with_parents(name, pattern))
        ):
            is_in = rule.startswith("!")
    return is_in


def _with_parents(name: str, pattern: str) -> Iterator[str]:
    parts = name.split("/")
    yield from parts if pattern.startswith("**/") else ("/".join(parts[: n + 1]) for n in range(len(parts)))


class Root:
    """A stage being built, in a folder of its own."""

    def __init__(self, stage: Stage, path: Path) -> None:
        self.stage, self.path = stage, path
        for name in ("dev", "proc", "tmp", "opt", "local"):
            (path / name).mkdir(parents=True)
        for folder in SYSTEM:
            if folder.is_symlink():
                (path / folder.name).symlink_to(folder.readlink())
        for folder in self._mounted():
            (path / folder.relative_to("/")).mkdir(parents=True)
        subprocess.run([sys.executable, "-m", "venv", str(path / "local")], check=True)

    def build(self, others: Mapping[str, "Root"]) -> None:
        for name, value in self.stage.instructions:
            match name:
                case "ENV" | "ARG":
                    self.stage.environment |= dict(word.partition("=")[::2] for word in shlex.split(value))
                case "WORKDIR":
                    self.stage.folder = value
                    (self.path / value.strip("/")).mkdir(parents=True, exist_ok=True)
                case "COPY":
                    self._copy(value.split(), others)
                case "RUN":
                    subprocess.run(self.command(["sh", "-ec", value], of_the_machine()), check=True)
                case _:
                    pass  # of what runs later: read where it does

    def _copy(self, words: list[str], others: Mapping[str, "Root"]) -> None:
        source = others[words.pop(0).removeprefix("--from=")].path if words[0].startswith("--from=") else ROOT
        *names, target = words
        folder = self.path / (Path(self.stage.folder) / target).relative_to("/")
        for name in names:
            into = folder / Path(name).name if target in (".", "./") or target.endswith("/") else folder
            for file in _files(source / name.strip("/")):
                if source is not ROOT or in_context(file):
                    at = into / file.relative_to(source / name.strip("/"))
                    at.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(file, at, follow_symlinks=False)

    @staticmethod
    def _mounted() -> list[Path]:
        """The system of this machine, and its Python where that is elsewhere."""
        system = [folder for folder in SYSTEM if folder.is_dir() and not folder.is_symlink()]
        return system if any(folder in PYTHON.parents for folder in SYSTEM) else [*system, PYTHON]

    def command(self, words: Sequence[str], environment: Mapping[str, str], *, user: str = "") -> list[str]:
        """A command in this root. With a user it is read-only but for /tmp, and nothing may be gained."""
        root = shlex.quote(str(self.path))
        lines = [f"mount --rbind /{name} {root}/{name}" for name in ("dev", "proc")]
        for folder in self._mounted():
            lines += [f"mount --bind {folder} {root}{folder}", f"mount -o remount,ro,bind {root}{folder}"]
        lines += [f"mount --bind {root}/local {root}/usr/local"]
        if user:
            lines += [f"mount --rbind {root} {root}", f"mount -o remount,ro,bind {root}"]
            lines += [f"mount -o remount,ro,bind {root}/usr/local", f"mount -t tmpfs none {root}/tmp"]  # noqa: S108
        variables = [f"{name}={value}" for name, value in (self.stage.environment | dict(environment)).items()]
        inside = ["env", "-i", *variables, "sh", "-c", f'cd {self.stage.folder} && exec "$@"', "sh", *words]
        if user and os.geteuid() == 0:
            uid, _, gid = user.partition(":")
            inside = [
                *("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs"),
                *("--bounding-set=-all", "--inh-caps=-all", *inside),
            ]
        lines.append(f"exec chroot {root} {shlex.join(inside)}")
        become = [] if os.geteuid() == 0 else ["--map-root-user"]
        return ["unshare", "--mount", *become, "sh", "-ec", "\n".join(lines)]


def _files(path: Path) -> Iterator[Path]:
    return (
        iter([path]) if not path.is_dir() else (each for each in path.rglob("*") if each.is_symlink() or each.is_file())
    )


def of_the_machine() -> dict[str, str]:
    return {name: os.environ[name] for name in OF_THE_MACHINE if name in os.environ} | {"UV_SYSTEM_CERTS": "1"}


def built(folder: Path) -> Root:
    """The last stage, when all have been played."""
    roots: dict[str, Root] = {}
    for stage in stages(DOCKERFILE.read_text()):
        roots[stage.name] = Root(stage, folder / stage.name)
        roots[stage.name].build(roots)
    return list(roots.values())[-1]


async def _serves(image: Root) -> None:
    """Migrates and serves as the image does, until it is healthy; then it ends when it is told to."""
    user = image.stage.last("USER")
    words = json.loads(image.stage.last("ENTRYPOINT")) + json.loads(image.stage.last("CMD"))
    check = json.loads(image.stage.last("HEALTHCHECK").partition("CMD ")[2])
    port = HeldPort()
    async with World(example_company()) as world:
        database = "sqlite+aiosqlite:////tmp/teambot.db"  # gone with the process: a trial needs no more
        environment = world.environment() | {"TEAMBOT_DATABASE_URL": database, "TEAMBOT_PORT": str(port.number)}
        both = ["sh", "-c", f"{words[0]} migrate && exec {shlex.join(words)}"]
        process = await asyncio.create_subprocess_exec(*image.command(both, environment, user=user))
        try:
            async with asyncio.timeout(READY_WITHIN):
                while await _outcome(image.command(check, environment, user=user)):
                    assert process.returncode is None, f"it ended with {process.returncode}"
                    await asyncio.sleep(1)
        finally:
            process.terminate()
            async with asyncio.timeout(ENDS_WITHIN):
                ended = await process.wait()
    assert ended == 0, f"told to end, it ended with {ended}"


async def _outcome(command: list[str]) -> int:
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()


def said(image: Root, line: str) -> str:
    """The output of a command line that must succeed, run as the image runs it."""
    command = image.command(["sh", "-ec", line], {}, user=image.stage.last("USER"))
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def check(image: Root) -> None:
    """Says what was built, and lets it serve; AssertionError where it does not keep what it promises."""
    report = {
        "version": said(image, "teambot version"),
        "user": said(image, "id -u"),
        "size": said(image, "du -sh /opt/teambot"),
        "writable": said(image, f"for each in {WRITABLE}; do [ ! -w $each ] || echo $each; done"),
        "installers": said(image, "ls /opt/teambot/bin /usr/local/bin | grep -E 'pip|uv|easy_install' || true"),
    }
    sys.stdout.writelines(f"{name}: {value}\n" for name, value in report.items())
    user = "10001" if os.geteuid() == 0 else "0"  # in a user namespace there is no other
    assert (report["user"], report["writable"], report["installers"]) == (user, "/tmp", "")  # noqa: S108
    asyncio.run(_serves(image))
    sys.stdout.write("served, healthy, ended in time\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        check(built(Path(scratch)))
