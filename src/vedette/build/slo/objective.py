"""An objective's rules: what is recorded of it, and the alerts on its budget."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final

from vedette.build.slo.burn import Burn, LeftOut, burns
from vedette.build.slo.counting import ERRORS, EVENTS, Pace, counts, plain_seconds
from vedette.build.slo.told import burn_runbook, unmeasured_runbook
from vedette.build.version import at_least
from vedette.catalog import Alert, Recording
from vedette.catalog.slo import plain
from vedette.duration import format_duration, milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.build.queries import Scale
    from vedette.build.series import Known
    from vedette.catalog import Environment, Pack, Service, Severity, Slo

__all__ = [
    "BUDGET_LEFT", "ERRORS_OF_WINDOW", "EVENTS_OF_WINDOW", "INFO", "INTERVAL", "RATIO", "WINDOW", "Objective", "Where",
    "objective_of", "panel_title", "share",
]  # fmt: skip

BUDGET_LEFT: Final = "slo:budget_left:ratio"
"""The share of the budget that is left; below zero where it is overspent."""
RATIO: Final = "slo:objective:ratio"
"""The objective as a share."""
WINDOW: Final = "slo:objective:window_seconds"
"""Its window."""
INFO: Final = "slo:objective:info"
"""Always 1; the labels that may change stand here and nowhere else."""
INTERVAL: Final = 60_000
"""Milliseconds between evaluations of budget and alerts. They add up what is recorded, so they need not be frequent."""
_FIGURES: Final = Context(prec=6)
ERRORS_OF_WINDOW: Final = "slo:errors:increase_window"
"""Errors in the objective's window."""
EVENTS_OF_WINDOW: Final = "slo:events:increase_window"
"""Events in the objective's window."""
_EVENTS_EXPECTED: Final = "slo:events:expected_window"
"""Events of a whole window at the mean pace of what there is of it: the budget, right after a start, too."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What is built of one `Slo` for the services that use its pack."""

    slo: Slo
    id: str
    title: str
    pace: Pace
    counts: tuple[Recording, ...]
    """Recorded at the pace of the scrapes."""
    budget: tuple[Recording, ...]
    alerts: tuple[Alert, ...]
    burns: tuple[Burn, ...]
    left_out: tuple[LeftOut, ...]
    """What it has no alert for."""
    standing: str
    """What is left of the budget and how long it lasts at the pace of the alert: a template, told when one fires."""

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """All that is recorded."""
        return (*self.counts, *self.budget)

    def burn_of(self, alert: str) -> Burn | None:
        """The tier that an alert stands for; None of the one that says that nothing is measured."""
        return next((one for one in self.burns if alert == self.alert_name(one.tier.severity)), None)

    def alert_name(self, severity: Severity) -> str:
        """The alert of a tier: ``ShopCheckoutBurnCritical``."""
        return _alert_name(self.id, severity)


def _alert_name(slo_id: str, severity: Severity) -> str:
    return f"{_camel(slo_id)}Burn{severity.capitalize()}"


def _pace_of(environment: Environment, services: Sequence[Service]) -> Pace:
    """When the samples of these services are compared, so that after scaling it is the pace of their scrapes."""
    scrape = min(milliseconds(one.scrape_interval or environment.scrape_interval) for one in services)
    timeout = max(milliseconds(one.scrape_timeout or environment.scrape_timeout) for one in services)
    factor = environment.time_scale
    return Pace(delay=math.ceil(timeout / factor), step=math.ceil(scrape / factor))


@dataclass(frozen=True, slots=True)
class Where:
    """The services that an objective is for, and where they run."""

    services: Sequence[Service]
    environment: Environment
    known: Known
    scale: Scale


def objective_of(slo: Slo, pack: Pack, where: Where) -> Objective:
    """The rules of an objective.

    Raises:
        RefusalError: its indicator cannot be counted.
    """
    slo_id = _id(slo, pack)
    pace = _pace_of(where.environment, where.services)
    events, errors = counts(slo, where.known, pace, slo_id)
    found, left_out = burns(slo)
    maker = _Maker(slo, pack, pace, where)
    return Objective(
        slo=slo,
        id=slo_id,
        title=maker.title,
        pace=pace,
        counts=(
            maker.recording(EVENTS, events, "Events since the evaluation before."),
            maker.recording(ERRORS, errors, "Those of them that were not good."),
        ),
        budget=tuple(maker.budget()),
        alerts=(*(maker.burning(burn) for burn in found), maker.not_measured()),
        burns=found,
        left_out=left_out,
        standing=maker.standing(),
    )


def _id(slo: Slo, pack: Pack) -> str:
    return f"{pack.name}/{slo.name}"


class _Maker:
    """Makes the rules of one objective."""

    def __init__(self, slo: Slo, pack: Pack, pace: Pace, where: Where) -> None:
        self._slo = slo
        self._pack = pack
        self._pace = pace
        self._id = _id(slo, pack)
        self._where = where
        self._seconds = plain_seconds(where.scale.of(slo.window_ms))
        self.title = slo.title or f"{pack.title}: {slo.name.replace('-', ' ')}"

    def _of(self, series: str) -> str:
        return f'{series}{{slo="{self._id}"}}'

    def recording(self, name: str, expr: str, description: str, **labels: str) -> Recording:
        """A series that carries the objective's id."""
        return Recording(name, expr, labels={"slo": self._id, **labels}, description=description, place=self._slo.place)

    def budget(self) -> Iterator[Recording]:
        """What is left of the budget, and what the objective is."""
        slo, window = self._slo, format_duration(self._slo.window_ms)
        errors, events = self._of(ERRORS_OF_WINDOW), self._of(EVENTS_OF_WINDOW)
        yield self.recording(
            EVENTS_OF_WINDOW, f"sum_over_time({self._of(EVENTS)}[{window}])", "Events in the window of the objective."
        )
        yield self.recording(
            ERRORS_OF_WINDOW, f"sum_over_time({self._of(ERRORS)}[{window}])", "Errors in the window of the objective."
        )
        steps = Decimal(slo.window_ms) / self._pace.step
        yield self.recording(
            _EVENTS_EXPECTED,
            f"{plain(_FIGURES.create_decimal(steps))} * avg_over_time({self._of(EVENTS)}[{window}])",
            "Events of a whole window at the mean pace of what there is of it.",
        )
        yield self.recording(
            BUDGET_LEFT,
            f"1 - {errors} / ({plain(slo.budget)} * {events} > 0) or 1 + 0 * {events}",
            "Share of the error budget that is left; 1 without events, below 0 where it is overspent.",
        )
        left = f"0 * {self._of(BUDGET_LEFT)}"
        yield self.recording(RATIO, f"{left} + {plain(slo.ratio)}", "The share of events that must be good.")
        yield self.recording(WINDOW, f"{left} + {self._seconds}", "The window of the objective in seconds.")
        team = {"team": slo.team} if slo.team else {}
        yield self.recording(
            INFO,
            f"{left} + 1",
            "What people read of the objective, as labels.",
            title=self.title,
            objective=f"{plain(slo.percent)}%",
            window=window,
            pack=self._pack.name,
            **team,
        )

    def burning(self, burn: Burn) -> Alert:
        """The alert of one tier."""
        slo, tier = self._slo, burn.tier
        long, short = format_duration(tier.long), format_duration(tier.short)
        keep = tier.keep_firing_for if at_least(self._where.environment.prometheus, "2.42") else 0
        factor = plain(burn.factor)
        errors = f"sum_over_time({self._of(ERRORS)}[{long}])"
        expr = (
            f"{self._rate(long)} > {factor} and {self._rate(short)} > {factor} and {errors} >= {burn.least}"
            # an hour with little traffic takes little of the budget, whatever share of it fails
            f" and {errors} > {plain(_FIGURES.create_decimal(burn.share))} * {self._of(_EVENTS_EXPECTED)}"
        )
        return Alert(
            _alert_name(self._id, tier.severity),
            expr,
            severity=tier.severity,
            summary=f"{self.title} of {{{{ $labels.job }}}}{self._whose()}: errors come "
            "{{ $value | humanize }} times as fast as the budget allows",
            description=f"{_sentence(slo.description)}The objective is {plain(slo.percent)} % over "
            f"{format_duration(slo.window_ms)}. Within {long} more than "
            f"{share(burn)} % of the budget of errors went, and it still goes on.",
            for_=format_duration(tier.for_),
            keep_firing_for=format_duration(keep),
            runbook=slo.runbook or burn_runbook(slo, self._id, slo.place),
            panel=panel_title(self.title, "burn rate"),
            team=slo.team,
            place=slo.place,
        )

    def not_measured(self) -> Alert:
        """The alert of a service whose events nobody counts."""
        missing = " or ".join(f'absent({EVENTS}{{slo="{self._id}",job="{one.name}"}})' for one in self._where.services)
        return Alert(
            f"{_camel(self._id)}NotMeasured",
            missing,
            severity="medium",
            summary=f"{self.title} of {{{{ $labels.job }}}} is not measured",
            description="There are no series to count, so no alert on the budget can fire.",
            for_="10m",
            runbook=unmeasured_runbook(self._id, self._slo.place),
            panel=panel_title(self.title, "events"),
            team=self._slo.team,
            place=self._slo.place,
        )

    def _rate(self, window: str) -> str:
        """How many times as fast as the budget allows errors came in a window; nothing without events."""
        errors, events = (f"sum_over_time({self._of(series)}[{window}])" for series in (ERRORS, EVENTS))
        return f"{errors} / ({events} > 0) / {plain(self._slo.budget)}"

    def _whose(self) -> str:
        """The labels of the budget, in a summary."""
        return "".join(f", {label} {{{{ $labels.{label} }}}}" for label in self._slo.by)

    def standing(self) -> str:
        """As `Objective.standing`."""
        labels = "".join(f",{label}=%q" for label in ("job", *self._slo.by))
        values = " ".join(f"$labels.{label}" for label in ("job", *self._slo.by))
        left = f'{BUDGET_LEFT}{{slo=\\"{self._id}\\"{labels}}}'
        return (
            f'{{{{ range printf "{left}" {values} | query }}}}{{{{ .Value | humanizePercentage }}}} of it is left'
            f'{{{{ end }}}}{{{{ range printf "{left} * {self._seconds} / %f > 0" {values} $value | query }}}}'
            ", gone in {{ .Value | humanizeDuration }} at this pace{{ end }}."
        )


def share(burn: Burn) -> str:
    """Percent of the budget that went within the long window when an alert is told."""
    return f"{float(100 * burn.factor * burn.tier.long / burn.window):.3g}"


def panel_title(title: str, what: str) -> str:
    """The title of a panel of an objective."""
    return f"{title}, {what}"


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text}{'' if text[-1] in '.!?' else '.'} " if text else ""


def _camel(text: str) -> str:
    """``shop/checkout-web`` → ``ShopCheckoutWeb``."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text) if part)
