"""Who may knock: good, wrong secret, altered body, v0 only, too old, from the future, two signatures, two secrets."""

import time
from datetime import UTC, datetime

import pytest
import stripe

from evosense.billing.webhook_events import WebhookRefused, verify
from evosense.testing.stripe.webhooks import signature

BODY = '{"id":"evt_1","name":"São Paulo"}'.encode()
SECRET = "whsec_current"
OLD = "whsec_previous"
AT = int(time.time())
NOW = datetime.fromtimestamp(AT, UTC)


def other(header: str) -> str:
    return header.replace("v1=", "v1=0")


ACCEPTED = {
    "good": signature(BODY, SECRET, at=AT),
    "the former secret during a rotation": signature(BODY, OLD, at=AT),
    "300 s old": signature(BODY, SECRET, at=AT - 300),
    "300 s ahead": signature(BODY, SECRET, at=AT + 300),
    "two v1, the second good": other(signature(BODY, SECRET, at=AT))
    + ","
    + signature(BODY, SECRET, at=AT).split(",")[1],
    "two v1, the first good": signature(BODY, SECRET, at=AT) + ",v1=00",
    "a v0 beside a good v1": signature(BODY, SECRET, at=AT) + ",v0=00",
}
REFUSED = {
    "wrong secret": signature(BODY, "whsec_other", at=AT),
    "altered body": signature(BODY + b" ", SECRET, at=AT),
    "v0 only": signature(BODY, SECRET, at=AT, scheme="v0"),
    "301 s old": signature(BODY, SECRET, at=AT - 301),
    "301 s ahead": signature(BODY, SECRET, at=AT + 301),
    "an hour ahead": signature(BODY, SECRET, at=AT + 3600),
    "two v1, both wrong": f"t={AT},v1=00,v1=11",
    "another time than the signed one": signature(BODY, SECRET, at=AT - 9).replace(str(AT - 9), str(AT)),
    "no time": signature(BODY, SECRET, at=AT).split(",")[1],
    "no signature": f"t={AT}",
    "nothing": "",
    "no header": None,
    "nonsense": "t=now,v1=é",
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case):
    verify(BODY, ACCEPTED[case], [SECRET, OLD], NOW)


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    with pytest.raises(WebhookRefused) as refusal:
        verify(BODY, REFUSED[case], [SECRET, OLD], NOW)
    assert refusal.value.status == 400


def test_without_any_secret_nobody_gets_in():
    with pytest.raises(WebhookRefused):
        verify(BODY, ACCEPTED["good"], [], NOW)


def test_a_body_that_is_no_text_is_refused():
    with pytest.raises(WebhookRefused):
        verify(b"\xff\xfe", signature(b"\xff\xfe", SECRET, at=AT), [SECRET], NOW)


def test_the_stand_in_signs_as_stripes_own_client_does():
    theirs = stripe.WebhookSignature.generate_signature_header(BODY.decode(), SECRET, AT)
    assert signature(BODY, SECRET, at=AT) == theirs
