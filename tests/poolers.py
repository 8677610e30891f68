"""PgBouncer in front of the PostgreSQL of the tests, where it is installed (Debian: apt-get install pgbouncer)."""

import getpass
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from infra.sandbox.ports import HeldPort

CONFIGURATION = """
[databases]
* = host={socket} port=5432
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
logfile = {folder}/log
pidfile = {folder}/pid
"""


@contextmanager
def pooled(url: str, mode: str) -> Iterator[str]:
    """The same database through a pooler of its own."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    address, held = make_url(url), HeldPort()
    socket = Path(str(address.query["host"]))
    folder = Path(tempfile.mkdtemp(prefix="teambot-pooler-"))
    (folder / "users").write_text(f'"{address.username}" ""\n')
    (folder / "b.ini").write_text(CONFIGURATION.format(socket=socket, port=held.number, folder=folder, mode=mode))
    who = ("-u", socket.owner()) if getpass.getuser() == "root" else ()  # it refuses to be root
    if who:
        shutil.chown(folder, who[1])
    process = subprocess.Popen(
        [program, *who, str(folder / "b.ini")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        pooled_url = address.set(host="127.0.0.1", port=held.number, query={}).render_as_string(hide_password=False)
        yield pooled_url
    finally:
        process.terminate()
        process.wait()
        held.release()
        shutil.rmtree(folder)
