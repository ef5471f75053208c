"""Where a value leads to: the same dashboard for it alone, the logs behind it. Derived from variables and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.formats import grafana as g

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.build.plan import Plan, Use

__all__ = ["dashboard_link", "links_of_columns", "links_of_series"]


def dashboard_link(uid: str, variables: Mapping[str, str], panel: int = 0) -> str:
    """The address of a dashboard, or one panel of it, with values for its variables and the time that is shown."""
    chosen = "".join(f"&var-{name}={value}" for name, value in variables.items())
    alone = f"&viewPanel={panel}" if panel else ""
    return f"/d/{uid}?${{datasource:queryparam}}{chosen}{alone}&${{__url_time_range}}"


def links_of_series(plan: Plan, uid: str, uses: Sequence[Use], labels: frozenset[str]) -> tuple[g.Link, ...]:
    """Of a line or a number with these labels: to the dashboard of what it is of, and to its logs."""
    chosen = _chosen(uses, labels)
    found: list[g.Link] = []
    if set(chosen) - {"job"} or (chosen and _services(uses) > 1):
        words = ", ".join(_field(label) for name, label in chosen.items() if name != "job" or len(chosen) == 1)
        values = {name: _field(label, ":percentencode") for name, label in chosen.items()}
        found.append(g.Link(title=f"Only {words}", url=dashboard_link(uid, values), icon="dashboard"))
    if plan.environment.logs_url and "job" in labels:
        address = _logs(plan.environment.logs_url, _field("job", ":percentencode"))
        found.append(g.Link(title=f"Logs of {_field('job')}", url=address, new_tab=True))
    return tuple(found)


def links_of_columns(uid: str, uses: Sequence[Use], labels: frozenset[str]) -> tuple[Mapping[str, Any], ...]:
    """Of the columns of a table that hold these labels: to the dashboard of what stands there."""
    chosen = _chosen(uses, labels)
    if set(chosen) == {"job"} and _services(uses) == 1:
        return ()
    job = {"job": _cell("job", ":percentencode")} if "job" in chosen else {}
    return tuple(
        {
            "matcher": {"id": "byName", "options": label},
            "properties": [
                {
                    "id": "links",
                    "value": [
                        {
                            "title": f"Only {_cell(label)}",
                            "url": dashboard_link(uid, {**job, name: _cell(label, ":percentencode")}),
                        }
                    ],
                }
            ],
        }
        for name, label in chosen.items()
        if name != "job" or _services(uses) > 1
    )


def _chosen(uses: Sequence[Use], labels: frozenset[str]) -> dict[str, str]:
    """Variable → the label that tells its value, for those whose label the series have."""
    variables = {variable.name: variable.label for use in uses for variable in use.pack.dashboard.variables}
    own = {"job": "job", "instance": "instance"}
    return {name: label for name, label in {**own, **variables}.items() if label in labels}


def _services(uses: Sequence[Use]) -> int:
    return len({service.name for use in uses for service in use.services})


def _field(label: str, form: str = "") -> str:
    return f"${{__field.labels.{label}{form}}}"


def _cell(label: str, form: str = "") -> str:
    return f"${{__data.fields.{label}{form}}}"


def _logs(pattern: str, job: str) -> str:
    return pattern.replace("{job}", job).replace("{from}", "${__from}").replace("{to}", "${__to}")
