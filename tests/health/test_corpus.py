"""No secret of the corpus of redaction is in what health tells, whoever wrote the error that has it."""

from __future__ import annotations

import json

import pytest
from tests.instruments.redaction_corpus import SECRETS

from vedette.health import Check, Degraded, Failed, Health
from vedette.health.document import document, write


@pytest.mark.parametrize("kind", [Failed, Degraded, ValueError, ConnectionError])
def test_no_secret_of_the_corpus_is_in_the_details(kind):
    def failing(text):
        def check():
            raise kind(text)

        return check

    health = Health(*(Check(f"check{number}", failing(told)) for number, (_, told, _) in enumerate(SECRETS)))
    body = write(document(health.wait())).decode()
    assert json.loads(body)["status"] in ("fail", "warn")
    assert [secret for _, _, secret in SECRETS if secret in body or json.dumps(secret)[1:-1] in body] == []
