"""`evosense billing …` and `tenants add --trial`, as an operator types them."""

import asyncio
import os
import subprocess
import sys

import pytest

from evosense.testing.stripe.ledger import PLANS

EVOSENSE = [sys.executable, "-c", "from evosense.cli import main; main()"]


@pytest.fixture
def evosense(database_url, tmp_path):
    """Runs a command on the test's database, in a folder without a .env; answers its status and what it said."""

    def run(*arguments: str, **settings: str) -> tuple[int, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        settings |= {"DATABASE_URL": database_url, "SECRET_KEY": "a secret key that only tests know, 32+ chars"}
        done = subprocess.run(
            [*EVOSENSE, *arguments],
            cwd=tmp_path,
            env={**kept, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    return run


async def test_a_trial_a_contract_and_its_end(evosense, tenant_id, admin_connection):
    def standing() -> tuple[str, str, str | None]:
        own = (
            "select t.plan_id, t.status, a.managed_by from app.tenant as t "
            "left join app.payment_account as a using (tenant_id) where tenant_id = %s"
        )
        return admin_connection.execute(own, (tenant_id,)).fetchone()

    assert "trial until" in evosense("billing", "trial", str(tenant_id))[1]
    assert standing() == ("pro", "trial", "stripe")
    contract = ("billing", "contract", str(tenant_id), "--reason", "contract 7")
    assert evosense(*contract) == (0, "under contract, plan enterprise\n")
    assert standing() == ("enterprise", "active", "contract")
    assert evosense("billing", "limit", str(tenant_id), "users", "--value", "70", "--reason", "contract 7")[0] == 0
    assert "a subscription is needed by" in evosense(*contract, "--end")[1]
    assert standing() == ("enterprise", "trial", "stripe")
    actions = admin_connection.execute("select action from app.audit_log where actor = 'command line' order by id")
    assert [row[0] for row in actions.fetchall()] == [
        "trial_begun",
        "standing_changed",
        "contract_limit_set",
        "contract_ended",
    ]


async def test_a_company_that_begins_with_a_trial(evosense, admin_connection):
    assert evosense("tenants", "add", "Loja", "--email", "dona@loja.example", "--plan", "starter", "--trial")[0] == 0
    found = admin_connection.execute(
        "select t.status, round(extract(epoch from a.trial_ends_at - now()) / 86400) from app.tenant as t "
        "inner join app.payment_account as a using (tenant_id)"
    ).fetchall()
    assert found == [("trial", 14)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("trial", "loja"), "no company's id"),
        (("limit", "00000000-0000-7000-8000-000000000001", "chairs", "--reason", "x"), "the meters are"),
        (("contract", "00000000-0000-7000-8000-000000000001", "--plan", "gold", "--reason", "x"), "no plan 'gold'"),
        (("prices",), "STRIPE_SECRET_KEY"),
    ],
)
async def test_what_is_wrong_is_said_in_one_sentence(evosense, arguments, sentence):
    status, said = evosense("billing", *arguments)
    assert (status, len(said.strip().splitlines())) == (2, 1)
    assert sentence in said


async def test_the_price_list_and_the_daily_look(evosense, stripe):
    for price in stripe.ledger.all("price"):
        price["lookup_key"] = None
    settings = {"STRIPE_SECRET_KEY": "sk_test_x", "STRIPE_API_BASE": stripe.url}
    made = (await asyncio.to_thread(evosense, "billing", "prices", **settings))[1]
    assert sorted(made.split()[1::2]) == sorted(PLANS)
    status, said = await asyncio.to_thread(evosense, "billing", "reconcile", **settings)
    assert (status, said.splitlines()[-1]) == (0, "everything agrees with Stripe")
