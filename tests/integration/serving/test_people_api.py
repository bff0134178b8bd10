"""People over HTTP: list, change, remove, invite; and links for forgotten passwords, by a real mail conversation."""

import asyncio
import re
from collections import Counter

import httpx
import pytest

from evosense.settings import MailSettings
from evosense.testing.mail_server import MailServer
from serving.sessions import COOKIE
from tests.integration.serving.conftest import PASSWORD, running

NEW = "outra senha bem longa"


@pytest.fixture
async def post():
    async with MailServer() as server:
        yield server


@pytest.fixture
async def mailing(database_url, post):
    """An API that sends its mail."""
    mail = MailSettings.model_construct(smtp_host="127.0.0.1", smtp_port=post.port, smtp_security="none")
    async with running(database_url, mail=mail) as api:
        api.resources.principals.remember_for(0)  # what changes is seen at once
        yield api


def token_in(mail) -> str:
    [token] = re.findall(r"#(\S+)", mail.get_content())
    return token


async def invite(api, person, email="nova@aurora.example", role="operator") -> httpx.Response:
    return await api.client.post("/api/invitations", json={"email": email, "role": role}, headers=api.headers(person))


async def accept(api, token, name="Nova") -> httpx.Response:
    body = {"token": token, "name": name, "password": NEW}
    return await api.client.post("/api/auth/invitation/accept", json=body)


async def change(api, person, whom, **fields) -> httpx.Response:
    return await api.client.patch(f"/api/users/{whom.user_id}", json=fields, headers=api.headers(person))


async def log_in(api, email, password=PASSWORD) -> httpx.Response:
    return await api.client.post("/api/auth/login", json={"email": email, "password": password})


async def test_who_is_here(mailing, people):
    listed = (await mailing.client.get("/api/users", headers=mailing.headers(people["ana"]))).json()
    assert [(one["name"], one["role"], one["is_active"]) for one in listed] == [
        ("Alice", "analyst", True),
        ("Ana", "admin", True),
        ("Otto", "operator", True),
    ]


async def test_an_invitation_from_mail_to_log_in(mailing, post, people, admin_connection):
    ana = people["ana"]
    invited = await invite(mailing, ana)
    assert (invited.status_code, invited.json()["mailed"], invited.json()["link"]) == (201, True, None)
    mail = await post.mail_to("nova@aurora.example")
    assert "Loja Aurora" in mail["Subject"]
    token = token_in(mail)
    look = await mailing.client.post("/api/auth/invitation", json={"token": token})
    assert look.json() == {"company": "Loja Aurora", "email": "nova@aurora.example", "role": "operator"}
    joined = await accept(mailing, token)
    assert (joined.status_code, joined.json()["role"]) == (201, "operator")
    me = await mailing.client.get("/api/me", headers={"Authorization": f"Bearer {joined.json()['access_token']}"})
    assert (me.json()["name"], me.json()["tenant"]["name"]) == ("Nova", "Loja Aurora")
    assert (await log_in(mailing, "nova@aurora.example", NEW)).status_code == 200
    assert (await accept(mailing, token)).json()["code"] == "invitation_over"
    assert (await invite(mailing, ana)).status_code == 409
    assert token.encode() not in b"".join(
        row[0] for row in admin_connection.execute("select token_hash from app.invitation")
    )


async def test_without_a_mail_server_the_administrator_passes_the_link_on(api, people, capsys):
    invited = (await invite(api, people["ana"])).json()
    assert (invited["mailed"], "#evi_" in invited["link"]) == (False, True)
    assert invited["link"] in capsys.readouterr().out


async def test_an_invitation_ends(mailing, post, people, admin_connection):
    ana = people["ana"]
    await invite(mailing, ana)
    first = token_in(await post.mail_to("nova@aurora.example"))
    await invite(mailing, ana, "NOVA@aurora.example")
    second = token_in(await post.mail_to("NOVA@aurora.example"))
    assert (await accept(mailing, first)).status_code == 404
    [waiting] = (await mailing.client.get("/api/invitations", headers=mailing.headers(ana))).json()
    withdrawn = await mailing.client.delete(f"/api/invitations/{waiting['id']}", headers=mailing.headers(ana))
    assert withdrawn.status_code == 204
    assert (await accept(mailing, second)).status_code == 404
    await invite(mailing, ana, "tarde@aurora.example")
    admin_connection.execute("update app.invitation set expires_at = now()")
    assert (await accept(mailing, token_in(await post.mail_to("tarde@aurora.example")))).status_code == 404
    for wrong in ("evi_" + "x" * 64, "evi_é" + "x" * 20, first[4:], "evp_" + first[4:]):
        assert (await accept(mailing, wrong)).status_code == 404


async def test_whoever_logs_in_elsewhere_is_told_only_behind_the_link(mailing, post, people):
    assert (await invite(mailing, people["ana"], people["bia"].email)).status_code == 201
    token = token_in(await post.mail_to(people["bia"].email))
    assert (await accept(mailing, token)).json()["code"] == "conflict"


async def test_invitations_hold_places_of_the_plan(mailing, people):
    ana = people["ana"]  # pro: 10 people, 3 are here
    answers = await asyncio.gather(*(invite(mailing, ana, f"p{number}@x.example") for number in range(12)))
    assert Counter(answer.status_code for answer in answers) == {201: 7, 402: 5}
    assert (await invite(mailing, ana, "p0@x.example")).status_code in (201, 402)
    [waiting, *_] = (await mailing.client.get("/api/invitations", headers=mailing.headers(ana))).json()
    await mailing.client.delete(f"/api/invitations/{waiting['id']}", headers=mailing.headers(ana))
    assert (await invite(mailing, ana, "mais@x.example")).status_code == 201


async def test_the_last_administrator_stays(mailing, people):
    ana, otto = people["ana"], people["otto"]
    for fields in ({"role": "operator"}, {"is_active": False}):
        assert (await change(mailing, ana, ana, **fields)).json()["code"] == "last_administrator"
    gone = await mailing.client.delete(f"/api/users/{ana.user_id}", headers=mailing.headers(ana))
    assert gone.json()["code"] == "last_administrator"
    await change(mailing, ana, otto, role="admin")
    otto.role = "admin"
    both = await asyncio.gather(
        change(mailing, ana, otto, role="operator"), change(mailing, otto, ana, role="operator")
    )
    assert sorted(answer.status_code for answer in both) in ([200, 401], [200, 403], [200, 409])


async def test_a_role_or_access_that_ends_counts_at_once(mailing, people):
    ana, otto = people["ana"], people["otto"]
    cookie = (await log_in(mailing, otto.email)).cookies[COOKIE]
    headers = mailing.headers(otto)
    assert (await mailing.client.get("/api/me", headers=headers)).status_code == 200
    await change(mailing, ana, otto, is_active=False)
    assert (await mailing.client.get("/api/me", headers=headers)).status_code == 401
    renewed = await mailing.client.post("/api/auth/refresh", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert renewed.status_code == 401
    assert (await log_in(mailing, otto.email)).status_code == 401
    await change(mailing, ana, otto, is_active=True)
    assert (await log_in(mailing, otto.email)).status_code == 200
    await change(mailing, ana, otto, role="analyst")
    assert (await mailing.client.get("/api/me", headers=headers)).status_code == 401


async def test_who_is_removed_is_gone(mailing, people, admin_connection):
    ana, otto = people["ana"], people["otto"]
    await log_in(mailing, otto.email)
    address = f"/api/users/{otto.user_id}"
    assert (await mailing.client.delete(address, headers=mailing.headers(ana))).status_code == 204
    assert admin_connection.execute("select count(*) from app.app_user where email like 'otto%'").fetchone() == (0,)
    assert (await mailing.client.get("/api/me", headers=mailing.headers(otto))).status_code == 401
    acts = admin_connection.execute("select action, target from app.audit_log order by id desc limit 1").fetchone()
    assert acts == ("user_removed", f"user:{otto.user_id}")
    assert (await invite(mailing, ana, otto.email)).status_code == 201  # and may come back


async def ask(api, email) -> httpx.Response:
    return await api.client.post("/api/auth/password-reset", json={"email": email})


async def test_a_forgotten_password(mailing, post, people, admin_connection):
    ana = people["ana"]
    cookie = (await log_in(mailing, ana.email)).cookies[COOKIE]
    assert (await ask(mailing, " ANA@aurora.example ")).status_code == 202
    # To the address that is stored, not to the one that was typed.
    body = {"token": token_in(await post.mail_to(ana.email)), "password": NEW}
    confirmed = await mailing.client.post("/api/auth/password-reset/confirm", json=body)
    assert confirmed.status_code == 204
    assert (await log_in(mailing, ana.email)).status_code == 401
    assert (await log_in(mailing, ana.email, NEW)).status_code == 200
    renewed = await mailing.client.post("/api/auth/refresh", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert renewed.status_code == 401
    again = await mailing.client.post("/api/auth/password-reset/confirm", json=body)
    assert again.json()["code"] == "reset_link_over"
    assert "alterada" in (await post.mail_to(ana.email))["Subject"]
    [expired] = admin_connection.execute("select count(*) from app.password_reset where used_at is null").fetchone()
    assert expired == 0


async def test_links_end_and_one_ends_the_others(mailing, post, people, admin_connection):
    ana = people["ana"]
    await ask(mailing, ana.email)
    first = token_in(await post.mail_to(ana.email))
    post.inbox.clear()
    await ask(mailing, ana.email)
    second = token_in(await post.mail_to(ana.email))
    confirm = "/api/auth/password-reset/confirm"
    used = await mailing.client.post(confirm, json={"token": second, "password": NEW})
    assert used.status_code == 204
    assert (await mailing.client.post(confirm, json={"token": first, "password": NEW})).status_code == 404


async def test_nobody_learns_who_has_an_account(mailing, post, people):
    known, unknown = await ask(mailing, people["ana"].email), await ask(mailing, "ninguem@x.example")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    await post.mail_to(people["ana"].email)
    assert [mail["To"] for mail in post.inbox] == [people["ana"].email]
    for _ in range(4):
        await ask(mailing, "ninguem@x.example")
    limited = await ask(mailing, "ninguem@x.example")
    assert (limited.status_code, "retry-after" in limited.headers) == (429, True)


async def test_a_mail_server_that_refuses(mailing, post, people):
    post.refusing = True
    assert (await invite(mailing, people["ana"])).json()["code"] == "mail_not_sent"
    assert (await ask(mailing, people["ana"].email)).status_code == 202
    post.refusing = False
    assert (await invite(mailing, people["ana"])).status_code == 201


async def test_links_never_follow_the_host_header(mailing, post, people):
    await mailing.client.post(
        "/api/auth/password-reset", json={"email": people["ana"].email}, headers={"Host": "evil.example"}
    )
    assert "evil.example" not in (await post.mail_to(people["ana"].email)).get_content()


async def test_ones_own_password(mailing, post, people):
    otto = people["otto"]
    cookie = (await log_in(mailing, otto.email)).cookies[COOKIE]
    address, headers = "/api/auth/password", mailing.headers(otto)
    wrong = await mailing.client.post(address, json={"current": "errada", "new": NEW}, headers=headers)
    assert wrong.status_code == 401
    changed = await mailing.client.post(address, json={"current": PASSWORD, "new": NEW}, headers=headers)
    assert changed.status_code == 200
    renewed = await mailing.client.post("/api/auth/refresh", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert renewed.status_code == 401
    assert (await log_in(mailing, otto.email, NEW)).status_code == 200
    short = await mailing.client.post(address, json={"current": NEW, "new": "curta"}, headers=headers)
    assert short.status_code == 422
