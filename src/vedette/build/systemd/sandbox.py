"""What a unit may not do and not use up: the options of systemd's sandbox, as lines of a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Lines", "limits", "sandbox", "secrets"]

Lines = list[tuple[str, str]]
"""Key and value of each line; a key may stand on several."""

_SANDBOX: Final[Mapping[str, str]] = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ProtectProc": "invisible",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "PrivateDevices": "yes",
    "PrivateTmp": "yes",
    "PrivateUsers": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
    "SystemCallErrorNumber": "EPERM",
    "RemoveIPC": "yes",
    "KeyringMode": "private",
    "UMask": "0077",
}
_LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "prometheus": ("100%", "1G"),
    "grafana-server": ("100%", "512M"),
    "prometheus-alertmanager": ("50%", "256M"),
    "loki": ("100%", "1G"),
    "jaeger": ("100%", "1G"),
    "alloy": ("50%", "512M"),
    "vedette": ("100%", "1G"),
}
"""Of one CPU, and memory; what is not here has a quarter of a CPU and 128 MB."""


def sandbox(**changes: str) -> Lines:
    """All of it, with what a server needs changed; what it may call of the kernel beyond services' own comes last."""
    calls = changes.pop("calls", "")
    lines = list({**_SANDBOX, **changes}.items())
    at = next(index for index, (key, _) in enumerate(lines) if key == "SystemCallFilter") + 1
    lines[at:at] = [("SystemCallFilter", "~@privileged @resources")]
    if calls:
        lines[at + 1 : at + 1] = [("SystemCallFilter", calls)]
    return lines


def limits(name: str) -> Lines:
    """How much of the machine it may use; the kernel ends what wants more memory, and systemd starts it again."""
    cpu, memory = _LIMITS.get(name, ("25%", "128M"))
    return [("CPUQuota", cpu), ("MemoryMax", memory), ("TasksMax", "512"), ("LimitNOFILE", "65536")]


def secrets(names: Sequence[str], folder: str) -> Lines:
    """Its own secrets and no other, where its configuration looks for them; the folder itself is only root's."""
    if not names:
        return [("InaccessiblePaths", f"-{folder}")]
    return [*(("LoadCredential", f"{name}:{folder}/{name}") for name in names), ("BindReadOnlyPaths", f"%d:{folder}")]
