"""Access tokens: ours pass, everything else does not."""

import base64
import json
import time
from uuid import uuid4

import jwt
import pytest

from evosense.errors import ConfigurationError, NotAuthenticated
from evosense.tenants.access_tokens import AccessTokens

SECRET = "a secret key that only tests know, 32+ chars"
WHO = {"user_id": uuid4(), "tenant_id": uuid4(), "role": "admin"}


def b64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_what_is_issued_is_what_is_read():
    tokens = AccessTokens(SECRET)
    access = tokens.check(tokens.issue(**WHO))
    assert (access.user_id, access.tenant_id, access.role) == (WHO["user_id"], WHO["tenant_id"], "admin")
    assert 595 < access.expires_at - time.time() <= 600


def test_tokens_outlive_a_change_of_the_secret_only_while_it_is_kept():
    token = AccessTokens(SECRET).issue(**WHO)
    assert AccessTokens("another secret key of more than 32 chars", SECRET).check(token)
    with pytest.raises(NotAuthenticated):
        AccessTokens("another secret key of more than 32 chars").check(token)


def test_a_short_secret_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match="32 characters"):
        AccessTokens("short")


def forgeries() -> dict[str, str]:
    tokens = AccessTokens(SECRET)
    good = tokens.issue(**WHO)
    head, body, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    header = jwt.get_unverified_header(good)
    key = tokens._keys[header["kid"]]

    def signed(changes: dict, *, drop: str = "", algorithm: str = "HS256") -> str:
        changed = {name: value for name, value in {**claims, **changes}.items() if name != drop}
        return jwt.encode(changed, key * 2 if algorithm == "HS512" else key, algorithm, headers={"kid": header["kid"]})

    return {
        "empty": "",
        "rubbish": "a.b.c",
        "null": "null",
        "unsigned": f"{b64({**header, 'alg': 'none'})}.{body}.",
        "unsigned, signature kept": f"{b64({**header, 'alg': 'none'})}.{body}.{signature}",
        "another algorithm in the header": f"{b64({**header, 'alg': 'RS256'})}.{body}.{signature}",
        "another hash": signed({}, algorithm="HS512"),
        "edited tenant": f"{head}.{b64({**claims, 'tenant': str(uuid4())})}.{signature}",
        "edited role": f"{head}.{b64({**claims, 'role': 'admin '})}.{signature}",
        "another key": jwt.encode(claims, "k" * 32, "HS256", headers={"kid": header["kid"]}),
        "no kid": jwt.encode(claims, key, "HS256"),
        "unknown kid": jwt.encode(claims, key, "HS256", headers={"kid": "other"}),
        "expired": signed({"exp": int(time.time()) - 1}),
        "from the future": signed({"iat": int(time.time()) + 600}),
        "for others": signed({"aud": "someone-else"}),
        "by others": signed({"iss": "someone-else"}),
        "unknown role": signed({"role": "root"}),
        "tenant is no id": signed({"tenant": "1"}),
        **{f"without {name}": signed({}, drop=name) for name in claims},
    }


@pytest.mark.parametrize("name", forgeries())
def test_a_forged_token_is_refused(name: str):
    with pytest.raises(NotAuthenticated) as refused:
        AccessTokens(SECRET).check(forgeries()[name])
    assert refused.value.__cause__ is None
