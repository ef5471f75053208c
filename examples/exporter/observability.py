"""Everything that watches the inbox: how many files wait in it, for how long, and whether anybody takes them."""

from __future__ import annotations

from vedette import Alert, Counter, Dashboard, Email, Gauge, Pack, Panel, Service, Stack

__all__ = ["files", "inbox", "oldest", "readable", "size", "stack", "taken"]

files = Gauge("inbox_files", help="Files that wait.", labels=["folder"])
size = Gauge("inbox_size_bytes", help="Size of the files that wait.", labels=["folder"])
oldest = Gauge(
    "inbox_oldest_file_timestamp_seconds",
    help="When the file that waits longest was written, in seconds since the epoch; absent where none waits.",
    labels=["folder"],
)
taken = Counter("inbox_files_taken_total", help="Files that were there and are no more.", labels=["folder"])
readable = Gauge("inbox_readable", help="1 if the inbox could be read before this scrape, else 0.")

inbox = Pack(
    "inbox",
    title="Inbox",
    metrics=[files, size, oldest, taken, readable],
    alerts=[
        Alert(
            "InboxUnreadable",
            "min by (job, instance) (inbox_readable) == 0",
            for_="2m",
            severity="high",
            summary="{{ $labels.instance }} cannot read the inbox of {{ $labels.job }}",
            description="Nobody knows what waits there.",
            runbook="runbooks/unreadable.md",
            panel="Readable",
        ),
        Alert(
            "InboxWaits",
            "time() - min by (job, folder) (inbox_oldest_file_timestamp_seconds) > 900",
            for_="1m",
            severity="high",
            summary="A file waits in {{ $labels.folder }} of {{ $labels.job }} for {{ $value | humanizeDuration }}",
            description="Whoever takes the files has stopped, or fails with this one and tries again and again.",
            runbook="runbooks/waits.md",
            panel="Longest wait",
        ),
        Alert(
            "InboxExporterDown",
            "max by (job) (up) == 0",
            for_="2m",
            severity="high",
            summary="The exporter of {{ $labels.job }} does not answer",
            description="The inbox itself may be well.",
            runbook="runbooks/down.md",
            panel="Exporter",
        ),
    ],
    panels=[
        Panel(
            "Files",
            "sum by (job, folder) (inbox_files)",
            unit="count",
            legend="{{folder}}",
            description="Files that wait. A comb is well; a ramp is a program that takes none.",
            minimum=0,
            overview=True,
        ),
        Panel(
            "Longest wait",
            "time() - min by (job, folder) (inbox_oldest_file_timestamp_seconds)",
            unit="seconds",
            legend="{{folder}}",
            description="Age of the oldest file. Seconds are well; a straight ramp is one file that nobody takes.",
            thresholds={900: "high"},
            minimum=0,
        ),
        Panel(
            "Taken",
            "sum by (job, folder) (rate(inbox_files_taken_total[5m]))",
            unit="operations/s",
            legend="{{folder}}",
            description="Files per second that leave. It follows what comes.",
            minimum=0,
        ),
        Panel(
            "Size",
            "sum by (job, folder) (inbox_size_bytes)",
            unit="bytes",
            legend="{{folder}}",
            description="What waits. One large file is a step.",
            minimum=0,
        ),
        Panel(
            "Readable",
            "min by (job, instance) (inbox_readable)",
            kind="stat",
            unit="boolean",
            legend="{{instance}}",
            description="Whether the exporter can read it at all.",
        ),
        Panel(
            "Exporter",
            "max by (job) (up)",
            kind="stat",
            unit="boolean",
            legend="{{job}}",
            description="Whether the exporter answers.",
        ),
    ],
    dashboard=Dashboard(description="Is what comes in taken?", tags=["inbox"]),
)

stack = Stack(
    name="inbox",
    title="Inbox",
    services=[Service("inbox", title="Inbox", targets=["127.0.0.1:9470"], packs=[inbox])],
    notify=[Email("post@inbox.example")],
)
