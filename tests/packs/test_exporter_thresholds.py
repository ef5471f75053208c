"""Thresholds of the packs of exporters: those that make no sense are refused, and the others reach rules and panels."""

from __future__ import annotations

import pytest

from vedette import DeclarationError
from vedette.packs import blackbox, containers, kafka_brokers, kubernetes, postgresql, redis


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: blackbox(availability_low=90), "write 0.9 for 90 %"),
        (lambda: blackbox(slow_seconds=0), "slow_seconds=0; write a number above 0"),
        (lambda: blackbox(certificate_warn_days=3), "certificate_warn_days=3 is below certificate_critical_days=7"),
        (lambda: containers(memory_critical=0.7), "memory_critical=0.7 is below memory_high=0.8"),
        (lambda: containers(throttled_high=25), "write 0.25 for 25 %"),
        (lambda: containers(restarts_high=-1), "restarts_high=-1; write a number above 0"),
        (lambda: kafka_brokers(brokers=0), "brokers=0; write a number above 0"),
        (lambda: kafka_brokers(lag_hihg=5), "did you mean 'lag_high'"),
        (lambda: kubernetes(volume_free_low=10), "write 0.1 for 10 %"),
        (lambda: kubernetes(volume_free_low=0.01), "volume_free_low=0.01 is below volume_free_critical=0.03"),
        (lambda: kubernetes(restart_high=1), "did you mean 'restarts_high'"),
        (lambda: postgresql(connections_high=80), "write 0.8 for 80 %"),
        (lambda: postgresql(connections_critical=0.7), "connections_critical=0.7 is below connections_high=0.8"),
        (lambda: postgresql(lag_seconds=0), "lag_seconds=0; write a number above 0"),
        (lambda: postgresql(growth_hours=-6), "growth_hours=-6; write a number above 0"),
        (lambda: redis(memory_high=90), "write 0.9 for 90 %"),
        (lambda: redis(evicted_high=0), "evicted_high=0; write a number above 0"),
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        make()
    assert str(caught.value).startswith(__file__)


@pytest.mark.parametrize(
    ("pack", "name", "end"),
    [
        (blackbox(certificate_warn_days=14), "CertificateExpiresSoon", "< 1209600"),
        (blackbox(wrong_status_from=500), "EndpointWrongStatus", ">= 500"),
        (containers(cpu_high=0.9), "ContainerCpuHigh", "> 0.9"),
        (kafka_brokers(lag_high=500), "KafkaGroupLagHigh", "> 500"),
        (kubernetes(restarts_high=2), "PodRestartingTooOften", "> 2"),
        (kubernetes(autoscaler_high=0.8), "HPAMaxedOut", ">= 0.8"),
        (postgresql(connections_many=400), "PostgresqlConnectionsMany", "> 400"),
        (postgresql(xid_age_high=1_500_000_001), "PostgresqlTransactionIdsLow", "> 1500000001"),
        (postgresql(lock_wait_seconds=2.5), "PostgresqlLocksWaiting", "> 2.5"),
        (redis(clients_high=0.7), "RedisClientsHigh", "> 0.7"),
        (redis(lag_seconds=3), "RedisReplicaBehind", "> 3"),
    ],
)
def test_a_changed_threshold_reaches_the_rule_and_is_drawn(pack, name, end):
    (alert,) = [one for one in pack.alerts if one.name == name]
    assert alert.expr.endswith(end)
    (panel,) = [item for item in pack.panels if item.title == alert.panel]
    assert float(end.split()[1]) in panel.thresholds


def test_how_long_something_must_hold_reaches_the_rule():
    (alert,) = [one for one in kubernetes(pod_down_for="1m").alerts if one.name == "PodDown"]
    assert alert.for_ == "1m"
