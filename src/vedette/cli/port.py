"""Taking the one port, and saying who has it when it is taken."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from vedette.errors import ConfigError

__all__ = ["listen"]


def listen(port: int, command: str = "up") -> socket.socket:
    """A listening socket on 127.0.0.1, for a command of ours.

    Raises:
        ConfigError: the port is taken or not allowed; the message names the program that holds it, where Linux tells.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OverflowError as error:
        raise ConfigError(f"--port {port}: a port is a number from 0 to 65535") from error
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"port {port} on 127.0.0.1 is taken by {_holder(port) or 'another program'}; "
                f"stop it, or choose another: vedette {command} --port {port + 1}"
            ) from error
        raise ConfigError(f"cannot listen on 127.0.0.1:{port}: {error.strerror}; choose another with --port") from error
    return listener


def _holder(port: int) -> str | None:
    """``pid 123 (python -m http.server)``, found through /proc; None where that does not tell."""
    inode = _inode(port)
    if inode is None:
        return None
    wanted = f"socket:[{inode}]"
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(handle.readlink()) == wanted for handle in (process / "fd").iterdir()):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"pid {process.name} ({command[:60]})"
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return None


def _inode(port: int) -> str | None:
    try:
        rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    except OSError:
        return None
    for row in rows:
        fields = row.split()
        address, state, inode = fields[1], fields[3], fields[9]
        if state == "0A" and int(address.rsplit(":", 1)[1], 16) == port:  # 0A is LISTEN
            return inode
    return None
