"""What people read of an objective: how fast errors are noticed and what is gone by then, and its runbooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.build.slo.burn import Burn, LeftOut, Noticed, first_told
from vedette.catalog import Runbook
from vedette.catalog.slo import plain
from vedette.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.catalog import Slo
    from vedette.place import Place

__all__ = ["SHARES", "burn_runbook", "notice_table", "noticed", "people_duration", "unmeasured_runbook"]

SHARES: Final = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
"""The shares of errors that a table tells of, where they use up the budget at all."""
_DAY: Final = 86_400_000


def noticed(slo: Slo, burns: Sequence[Burn]) -> tuple[Noticed, ...]:
    """When somebody is told of each share of errors that is more than the budget allows."""
    return tuple(first_told(slo, burns, share) for share in SHARES if share > float(slo.budget))


def notice_table(slo: Slo, burns: Sequence[Burn], left_out: Sequence[LeftOut]) -> str:
    """The table in Markdown, with what stands in no table: the tiers that this objective cannot have."""
    return "\n".join(_lines(slo, burns, left_out))


def _lines(slo: Slo, burns: Sequence[Burn], left_out: Sequence[LeftOut]) -> Iterator[str]:
    yield "| errors | noticed after | as | budget gone by then | paged after | budget empty after |"
    yield "|---|---|---|---|---|---|"
    for row in noticed(slo, burns):
        cells = (
            f"{100 * row.errors:g} %",
            people_duration(row.after),
            row.burn.tier.severity if row.burn else "never",
            "" if row.spent is None else f"{100 * row.spent:.2g} %",
            people_duration(row.paged),
            people_duration(row.empty),
        )
        yield f"| {' | '.join(cells)} |"
    for one in left_out:
        yield ""
        yield f"There is no alert of severity {one.tier.severity}: {one.why}."


def people_duration(ms: float | None) -> str:
    """A duration as people say it, two figures long: ``1m52s``, ``3h``, ``2d 4h``; ``never`` of None."""
    if ms is None:
        return "never"
    step = 1000 if ms < 600_000 else 60_000 if ms < _DAY else 3_600_000
    return format_duration(max(step, round(ms / step) * step))


def burn_runbook(slo: Slo, slo_id: str, place: Place) -> Runbook:
    """The runbook of an alert on a budget."""
    of = f'{{slo="{slo_id}",job=~"{{job}}"}}'
    budget = plain(slo.budget * 100)
    return Runbook(
        symptoms="More events than the objective allows are not good, in the long window of the alert and still in the "
        "short one. The panel shows since when, and at which pace.",
        impact=f"{_sentence(slo.description)}{plain(slo.percent)} % of the events of "
        f"{format_duration(slo.window_ms)} must be good, so {budget} % may fail; that is the budget. "
        "What is left of it says how much more may go wrong before the objective is missed.",
        causes=[
            "A release or a change of configuration at the time the pace rose.",
            "Something the service depends on that fails or is slow.",
            "A load that the service was not made for.",
        ],
        investigation=[
            f"What is left of the budget:\n```promql\nslo:budget_left:ratio{of}\n```",
            f"The errors of the last five minutes:\n```promql\nsum_over_time(slo:errors:increase{of}[5m])\n```",
            f"All events of the last five minutes:\n```promql\nsum_over_time(slo:events:increase{of}[5m])\n```",
            "What was released or changed when the pace rose?",
            'What else fires for this service?\n```promql\nALERTS{alertstate="firing", service=~"{job}"}\n```',
        ],
        resolution=["Undo the change that began it.", "Take what fails out of the way: another instance, a fallback."],
        long_term=[
            "Where the budget is overspent, put reliability before features until it has recovered.",
            "Where nobody minded, the objective is too high: lower it.",
        ],
        verification="The pace on the panel falls below 1 in the short window within minutes. The budget does not come "
        "back at once: it recovers as the errors leave the window of the objective.",
        prevention=["Would a test or a slower release have found it before the users did?"],
        place=place,
    )


def unmeasured_runbook(slo_id: str, place: Place) -> Runbook:
    """The runbook of the alert that says that nothing is measured."""
    return Runbook(
        symptoms="There is no series of events for this objective, so its budget stands still whatever happens.",
        impact="Nobody is told of errors by this objective until its events are counted again.",
        causes=[
            "No target of the service answers its scrape.",
            "The metric was renamed, or lost a label, in a release.",
            "The service has not had a single event since it began, and its metric comes to be with the first.",
        ],
        investigation=[
            'Is the service scraped?\n```promql\nup{job=~"{job}"}\n```',
            f'When was the last event counted?\n```promql\nslo:events:increase_window{{slo="{slo_id}"}}\n```',
            "Run `vedette check --live` against the service's page of metrics: it names what is not exposed.",
        ],
        resolution=["Get the target scraped again, or expose the metric under its name again."],
        long_term=["Expose the series from the start with `initialise()`, so that no event is needed first."],
        verification=f'The series is there again:\n```promql\nslo:events:increase{{slo="{slo_id}"}}\n```',
        prevention=["Let the checks run before a release: a metric that a rule uses and nobody exposes is a finding."],
        place=place,
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text}{'' if text[-1] in '.!?' else '.'} " if text else ""
