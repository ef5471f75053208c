"""A stack: the services, who is told, and the places it runs in. The one value that everything is built from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vedette.catalog.environment import Environment
from vedette.catalog.mute import Inhibit, Mute
from vedette.catalog.names import check_severity, fail, find_twice, is_slug, nearest
from vedette.catalog.pack import Pack, with_parameters
from vedette.catalog.receiver import Receiver
from vedette.catalog.route import TIMINGS, Route, Timing
from vedette.catalog.service import Service
from vedette.place import Place, caller

if TYPE_CHECKING:
    from vedette.catalog.alert import Alert
    from vedette.catalog.probe import ProbeModule
    from vedette.catalog.recording import Recording
    from vedette.catalog.severity import Severity
    from vedette.instruments.metrics.metric import Metric

__all__ = ["Stack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Everything that is watched together.

    Args:
        services: what is watched.
        notify: who is told: receivers for all alerts, and `Route` for some of them.
        environments: the places; ``local`` is added where it is missing.
        name: in dashboard links and titles; the only service's name where it is empty.
        title: what people read; the name where it is empty.
        mutes: times at which the milder alerts are not told.
        inhibitions: which alerts are not told while another fires.
        timings: severity → how long notifications wait and repeat, where not as `TIMINGS` has it.

    Raises:
        DeclarationError: a name stands twice, two packs declare one metric differently, or an environment speaks of a
            service or threshold that does not exist.
    """

    services: Sequence[Service]
    notify: Sequence[Receiver | Route] = ()
    environments: Sequence[Environment] = ()
    mutes: Sequence[Mute] = ()
    inhibitions: Sequence[Inhibit] = ()
    name: str = ""
    title: str = ""
    timings: Mapping[Severity, Timing] = field(default_factory=dict)
    place: Place = field(default_factory=caller, compare=False, repr=False)

    def __post_init__(self) -> None:
        place = self.place
        for key, kind, wanted in (
            ("services", Service, "Service(…)"),
            (
                "notify",
                Receiver | Route,
                "Email(…), Webhook(…), Slack(…), PagerDuty(…), Teams(…) or Route(…)",
            ),
            ("mutes", Mute, "Mute(…)"),
            ("inhibitions", Inhibit, "Inhibit(…)"),
            ("environments", Environment, "Environment(…)"),
        ):
            given = getattr(self, key)
            if isinstance(given, str) or not isinstance(given, Sequence):
                raise fail(place, f"the stack has {key}={given!r}; write a list: {key}=[{wanted}]")
            for item in given:
                if not isinstance(item, kind):
                    raise fail(place, f"the stack has {item!r} in {key}; write {wanted}")
            object.__setattr__(self, key, tuple(given))
        if not self.services:
            raise fail(place, "the stack has no services; write services=[Service('shop', targets=['localhost:8000'])]")
        self._once("service", [service.name for service in self.services])
        self._once("environment", [environment.name for environment in self.environments])
        self._once("mute", [mute.name for mute in self.mutes])
        if not self.name:
            if len(self.services) > 1:
                raise fail(place, "the stack has several services and no name; write Stack(name='…', …)")
            object.__setattr__(self, "name", self.services[0].name)
        if not is_slug(self.name):
            raise fail(place, f"the stack's name {self.name!r} needs letters, digits and _ . - between them")
        object.__setattr__(self, "title", self.title or self.name)
        for severity, timing in self.timings.items():
            check_severity(place, "the stack, in timings,", severity)
            if not isinstance(timing, Timing):
                raise fail(place, f"the stack has {timing!r} in timings; write Timing(wait, interval, repeat)")
        object.__setattr__(self, "timings", {**TIMINGS, **self.timings})
        self._agree()
        if "local" not in [environment.name for environment in self.environments]:
            object.__setattr__(self, "environments", (*self.environments, Environment("local", place=place)))
        for environment in self.environments:
            self.services_in(environment)

    def _once(self, what: str, names: Sequence[str]) -> None:
        twice = find_twice(names)
        if twice:
            raise fail(self.place, f"the stack has the {what} {twice!r} twice; rename or remove one")

    def _agree(self) -> None:
        """Different packs may not claim the same name, metric, recording or alert, nor probe modules one name."""
        modules: dict[str, ProbeModule] = {}
        for probe in (probe for service in self.services for probe in service.probes):
            same = modules.setdefault(probe.how().name, probe.how())
            if same != probe.how():
                raise fail(probe.place, f"the stack has two different probe modules {same.name!r}; rename one")
        packs: dict[str, Pack] = {}
        metrics: dict[str, tuple[Metric, Pack]] = {}
        rules: dict[str, Pack] = {}
        for pack in (pack for service in self.services for pack in service.pack_list()):
            first = packs.setdefault(pack.name, pack)
            if first.title != pack.title:
                raise fail(
                    pack.place,
                    f"two different packs are named {pack.name!r}: {pack.title!r}, and {first.title!r} at "
                    f"{first.place}; rename one",
                )
            for metric in pack.metrics:
                other, owner = metrics.setdefault(metric.name, (metric, pack))
                if other is not metric and (owner.name != pack.name or _described(other) != _described(metric)):
                    raise fail(
                        metric.place or pack.place,
                        f"metric {metric.name!r} of pack {pack.name!r} is declared already at "
                        f"{other.place or owner.place} by pack {owner.name!r}; declare it once and use the same "
                        "object in both",
                    )
            declared: tuple[Recording | Alert, ...] = (*pack.recordings, *pack.alerts)
            for rule in declared:
                rival = rules.setdefault(rule.name, pack)
                if rival.name != pack.name:
                    raise fail(
                        rule.place,
                        f"{rule.name!r} is declared by the packs {rival.name!r} and {pack.name!r}; rename one",
                    )

    def environment(self, name: str = "local") -> Environment:
        """The environment of that name.

        Raises:
            DeclarationError: there is none.
        """
        for environment in self.environments:
            if environment.name == name:
                return environment
        names = [environment.name for environment in self.environments]
        raise fail(
            self.place, f"the stack has no environment {name!r}; it has {', '.join(names)}{nearest(name, names)}"
        )

    def services_in(self, environment: Environment) -> tuple[Service, ...]:
        """The services with the targets and thresholds of that environment.

        Raises:
            DeclarationError: it speaks of a service, pack or parameter that does not exist.
        """
        place, names = environment.place, [service.name for service in self.services]
        for name in (*environment.targets, *environment.discovery):
            if name not in names:
                raise fail(
                    place,
                    f"environment {environment.name!r} has targets for {name!r}, which is no service of the stack; "
                    f"it has {', '.join(names)}{nearest(name, names)}",
                )
        services = tuple(
            replace(
                service,
                targets=environment.targets.get(service.name, service.targets),
                discovery=environment.discovery.get(service.name, service.discovery),
            )
            for service in self.services
        )
        for service in services:
            _check_discovery(service)
        for path in environment.thresholds:
            _check_threshold(services, environment, path)
        return tuple(_with_thresholds(service, environment) for service in services)


def _check_discovery(service: Service) -> None:
    """What is found may not take a label from the metrics, which would be called ``exported_…`` then."""
    found = service.discovery
    for name in found.adds if found is not None else ():
        taken = next((one for pack in service.pack_list() for one in pack.metrics if name in one.label_names), None)
        if found is not None and taken is not None:
            raise fail(
                found.place,
                f"the targets of service {service.name!r} have the label {name!r}, and so has its metric "
                f"{taken.name!r}, which would lose its own; leave it out of adds=[…]",
            )


def _described(metric: Metric) -> tuple[object, ...]:
    return metric.type, metric.unit, metric.help, tuple(metric.label_names)


def _with_thresholds(service: Service, environment: Environment) -> Service:
    """The service with the environment's thresholds, those of one pack together: one may need the other."""
    packs: list[Pack] = []
    for pack in service.pack_list():
        paths = [path for path in environment.thresholds if _speaks_of(path, service, pack)]
        # what is said of this service goes before what is said of all
        paths.sort(key=lambda path: path.count("."))
        changes = {path.rpartition(".")[2]: environment.thresholds[path] for path in paths}
        packs.append(with_parameters(pack, changes, environment.place, ", ".join(paths)) if changes else pack)
    return replace(service, packs=tuple(packs))


def _speaks_of(path: str, service: Service, pack: Pack) -> bool:
    *service_name, pack_name, _ = path.split(".")
    return pack_name == pack.name and service_name in ([], [service.name])


def _check_threshold(services: tuple[Service, ...], environment: Environment, path: str) -> None:
    if any(_speaks_of(path, service, pack) for service in services for pack in service.pack_list()):
        return
    *service_name, pack_name, parameter = path.split(".")
    names = {pack.name for service in services for pack in service.pack_list()}
    whole = {f"{service.name}.{pack.name}.{parameter}" for service in services for pack in service.pack_list()}
    near = nearest(path, whole) if service_name else nearest(pack_name, names)
    raise fail(
        environment.place,
        f"environment {environment.name!r} has the threshold {path!r}, but no service has such a pack; "
        f"there are {', '.join(sorted(names))}{near}",
    )
