"""What the libraries call their errors, and what the kafka pack and its runbooks take them for."""

from __future__ import annotations

import re
from pathlib import Path

import aiokafka.errors
import confluent_kafka
import pytest

from vedette import packs
from vedette.instruments.metrics.measure import error_type
from vedette.promql.ast import VectorSelector
from vedette.promql.parser import parse
from vedette.promql.walk import walk

AIOKAFKA = {
    kind.__name__: kind
    for kind in vars(aiokafka.errors).values()
    if isinstance(kind, type) and issubclass(kind, Exception)
}
LIBRDKAFKA = {
    confluent_kafka.KafkaError(code).name()
    for name, code in vars(confluent_kafka.KafkaError).items()
    if isinstance(code, int) and not name.startswith("__")
}
RUNBOOKS = sorted((Path(packs.__file__).parent / "runbooks").glob("kafka-*.md"))


def unanswered(error):
    """Whether the pack counts an operation that ended so as one that no broker has answered."""
    (recording,) = [one for one in packs.kafka().recordings if one.name.endswith("unanswered:ratio_rate5m")]
    (matcher,) = [
        matcher
        for node in walk(parse(recording.expr))
        if isinstance(node, VectorSelector)
        for matcher in node.matchers
        if matcher.name == "error_type"
    ]
    return matcher.matches(error)


@pytest.mark.parametrize(
    "name",
    [
        "_MSG_TIMED_OUT", "_TIMED_OUT", "_TIMED_OUT_QUEUE", "_TRANSPORT", "_RESOLVE", "_ALL_BROKERS_DOWN",
        "REQUEST_TIMED_OUT", "BROKER_NOT_AVAILABLE", "COORDINATOR_NOT_AVAILABLE",
    ],
)  # fmt: skip
def test_what_librdkafka_says_where_no_broker_answers_is_taken_for_that(name):
    assert name in LIBRDKAFKA
    assert unanswered(name)


@pytest.mark.parametrize(
    "name",
    [
        "KafkaConnectionError", "KafkaTimeoutError", "KafkaUnavailableError", "NoBrokersAvailable", "NodeNotReadyError",
        "RequestTimedOutError", "BrokerNotAvailableError", "GroupCoordinatorNotAvailableError",
    ],
)  # fmt: skip
def test_what_aiokafka_raises_where_no_broker_answers_is_taken_for_that(name):
    assert unanswered(error_type(AIOKAFKA[name]()))


@pytest.mark.parametrize(
    "name", ["TOPIC_AUTHORIZATION_FAILED", "MSG_SIZE_TOO_LARGE", "_QUEUE_FULL", "_AUTHENTICATION", "ILLEGAL_GENERATION"]
)
def test_what_a_broker_or_the_client_refuses_has_been_answered(name):
    assert name in LIBRDKAFKA
    assert not unanswered(name)


@pytest.mark.parametrize("name", ["MessageSizeTooLargeError", "CommitFailedError", "TopicAuthorizationFailedError"])
def test_what_aiokafka_raises_where_a_broker_refuses_has_been_answered(name):
    assert not unanswered(error_type(AIOKAFKA[name]()))


@pytest.mark.parametrize("path", RUNBOOKS, ids=[path.stem for path in RUNBOOKS])
def test_every_error_that_a_runbook_names_is_one_of_the_libraries(path):
    named = re.findall(r"`(_?[A-Z]+(?:_[A-Z]+)+|[A-Z]\w+(?:Error|Exception))`", path.read_text())
    assert [name for name in named if name not in LIBRDKAFKA and name not in AIOKAFKA] == []
