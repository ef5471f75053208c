"""Applies, and is killed on the way: before the N-th file is put in its place, or before the servers are told."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.deploy.places import Place, alert, shop

from vedette.deploy import live

WANTED = shop(alert(threshold=0.04), alert("Other"))


def main(when, root, prometheus, alertmanager):
    """``when``: a number, or ``reload``."""
    left = 0 if when == "reload" else int(when)
    replace = Path.replace

    def counted(self, target):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(self, target)

    async def killed(_client):
        os.kill(os.getpid(), signal.SIGKILL)

    if when == "reload":
        live.reload = killed
    else:
        Path.replace = counted
    Place(Path(root), prometheus, alertmanager).apply(WANTED)


if __name__ == "__main__":
    main(*sys.argv[1:])
