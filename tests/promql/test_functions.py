"""The signature table is Prometheus' own."""

from __future__ import annotations

from vedette.promql.functions import AGGREGATORS, PARAMETER_TYPES, SIGNATURES


def test_every_function_of_prometheus_3_is_there_and_no_name_is_also_an_aggregation() -> None:
    stable = [name for name, signature in SIGNATURES.items() if not signature.experimental]
    experimental = [name for name, signature in SIGNATURES.items() if signature.experimental]
    assert len(stable) == 72
    assert len(experimental) == 18
    assert len(AGGREGATORS) == 14
    assert not AGGREGATORS & SIGNATURES.keys()
    assert PARAMETER_TYPES.keys() <= AGGREGATORS


def test_optional_and_repeated_arguments_are_counted() -> None:
    counts = {
        name: (SIGNATURES[name].minimum, SIGNATURES[name].maximum)
        for name in (
            "time",
            "rate",
            "hour",
            "round",
            "label_join",
            "label_replace",
            "histogram_quantiles",
            "clamp",
            "info",
        )
    }
    assert counts == {
        "time": (0, 0), "rate": (1, 1), "hour": (0, 1), "round": (1, 2), "label_join": (3, None),
        "label_replace": (5, 5),        "histogram_quantiles": (3, 12), "clamp": (3, 3), "info": (1, 2),
    }  # fmt: skip


def test_a_repeated_argument_has_the_type_of_the_last() -> None:
    assert SIGNATURES["label_join"].argument(9) == "string"
    assert SIGNATURES["quantile_over_time"].argument(0) == "scalar"
    assert SIGNATURES["quantile_over_time"].argument(1) == "range vector"
