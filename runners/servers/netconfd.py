"""A real NETCONF node on loopback: Debian's netconfd behind a real sshd, with own host key, own login, own modules.

Nothing of the machine is changed but that the directory which sshd separates its privileges in exists, as its own
service makes it; all else lies in one folder.
"""

import contextlib
import getpass
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from yangbeam.runners.servers.artifacts import run
from yangbeam.runners.servers.processes import HOST, Process, ServerError, free_ports

START_S: Final = 30.0
PRIVILEGE_SEPARATION: Final = Path("/run/sshd")
SOCKET_LENGTH: Final = 100
"""Octets that the path of a local socket may have, with some to spare (sun_path of Linux holds 108)."""
_PROGRAMS: Final = ("/usr/sbin/netconfd", "/usr/sbin/netconf-subsystem", "/usr/sbin/sshd")
_YUMA: Final = "/usr/share/yuma/modules"


class NetconfdServer:
    """A node that a ``with`` block starts and stops.

    Args:
        folder: Keys, configuration, logs and pid files.
        modules: File name to text of the modules that it implements beside its own.
        port: Where sshd listens; 0: any free port.
    """

    def __init__(self, folder: Path, modules: Mapping[str, str], port: int = 0) -> None:
        self._folder = folder.resolve()
        self._modules = dict(modules)
        self.port = port or free_ports(1)[0]
        self._netconfd = Process("netconfd", self._folder)
        self._sshd = Process("sshd", self._folder)

    @property
    def key_file(self) -> Path:
        """The private key that may log in."""
        return self._folder / "login"

    @property
    def known_hosts(self) -> Path:
        """The file of its host key."""
        return self._folder / "known_hosts"

    @property
    def username(self) -> str:
        """The login: netconfd serves the user that it runs as."""
        return getpass.getuser()

    def start(self) -> Self:
        """Starts both and returns when sshd greets.

        Raises:
            ServerError: A program is missing, or does not come up; with the end of its log.
        """
        missing = [program for program in _PROGRAMS if not Path(program).exists()]
        if missing:
            what = f"missing {', '.join(missing)}"
            raise ServerError("program", f"{what}: apt-get install netconfd openssh-server")
        if len(str(self._socket)) > SOCKET_LENGTH:
            raise ServerError("folder", f"the path of the socket {self._socket} is too long: use a shorter folder")
        self._prepare()
        try:
            self._netconfd.start(self._netconfd_command(), {"HOME": str(self._folder)})
            self._netconfd.wait_for(self._socket.exists, START_S)
            self._sshd.start((_PROGRAMS[2], "-D", "-e", "-f", str(self._folder / "sshd_config")))
            self._sshd.wait_for(self._greets, START_S)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ends both; stopping twice is harmless."""
        self._sshd.stop()
        self._netconfd.stop()
        self._socket.unlink(missing_ok=True)

    def alive(self) -> bool:
        """Whether both run."""
        return self._netconfd.alive() and self._sshd.alive()

    def log(self) -> str:
        """Returns the end of both logs."""
        return f"netconfd:\n{self._netconfd.tail()}\nsshd:\n{self._sshd.tail()}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _socket(self) -> Path:
        return self._folder / "ncx.sock"

    def _prepare(self) -> None:
        if os.geteuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        modules = self._folder / "modules"
        modules.mkdir(parents=True, exist_ok=True)
        for name, text in self._modules.items():
            (modules / name).write_text(text)
        for name in ("host", "login"):
            if not (self._folder / name).exists():
                run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._folder / name)))
        host_key = (self._folder / "host.pub").read_text().split()[:2]
        self.known_hosts.write_text(f"[{HOST}]:{self.port} {' '.join(host_key)}\n")
        (self._folder / "sshd_config").write_text(self._sshd_config())
        self._socket.unlink(missing_ok=True)

    def _netconfd_command(self) -> tuple[str, ...]:
        names = sorted({name.removesuffix(".yang").partition("@")[0] for name in self._modules})
        return (
            _PROGRAMS[0],
            "--no-startup",
            "--target=running",
            "--log-level=warn",
            "--access-control=off",
            f"--superuser={self.username}",
            f"--ncxserver-sockname={self._socket}",
            f"--port={self.port}",
            f"--modpath={self._folder / 'modules'}:{_YUMA}",
            *(f"--module={name}" for name in names),
        )

    def _sshd_config(self) -> str:
        return f"""\
Port {self.port}
ListenAddress {HOST}
HostKey {self._folder / "host"}
AuthorizedKeysFile {self._folder / "login.pub"}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers {self.username}
MaxSessions 16
Subsystem netconf "{_PROGRAMS[1]} --ncxserver-sockname={self.port}@{self._socket}"
"""

    def _greets(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1.0) as connection:
            return connection.recv(4) == b"SSH-"
        return False


def kept_port(folder: Path) -> int:
    """Returns the port that a server of this folder had before; 0: it had none."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((folder / "sshd_config").read_text().split()[1])
    return 0
