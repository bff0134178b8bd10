"""The demo's companies: made once, kept, and their connections follow the stand-in."""

from __future__ import annotations

import psycopg

from evosense.stack.demo_seed import demo_users, seed_demo
from evosense.tenants.passwords import verify_password

SECRET = "a secret key that only tests know, 32+ chars"


async def test_seeding_again_changes_only_the_address(database_url: str, admin_connection: psycopg.Connection) -> None:
    assert await seed_demo(database_url, SECRET, "http://127.0.0.1:8080") == 2
    before = admin_connection.execute("select tenant_id, id, instance from app.connection order by instance").fetchall()
    assert [row[2] for row in before] == ["clinica-sorriso", "loja-aurora"]
    assert await seed_demo(database_url, SECRET, "http://127.0.0.1:8099") == 0
    after = admin_connection.execute("select tenant_id, id, instance from app.connection order by instance").fetchall()
    assert after == before
    urls = admin_connection.execute("select distinct server_url from app.connection").fetchall()
    assert urls == [("http://127.0.0.1:8099",)]


async def test_the_logins_that_are_shown_work(database_url: str, admin_connection: psycopg.Connection) -> None:
    await seed_demo(database_url, SECRET, "http://127.0.0.1:8080")
    users = demo_users(SECRET)
    assert {user.role for user in users} == {"admin", "analyst", "operator"}
    for user in users:
        row = admin_connection.execute(
            "select password_hash from app.app_user where email = %s and tenant_id = %s", (user.email, user.tenant_id)
        ).fetchone()
        assert row is not None
        assert verify_password(row[0], user.password)
    assert demo_users(SECRET + "!")[0].password != users[0].password
