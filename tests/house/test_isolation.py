"""Every table that holds tenants' rows is isolated, and every query says whose rows it wants."""

import re

import psycopg
import pytest

from tests.house.sql_files import all_queries

# A person logs in by e-mail alone, before a tenant is known (migration 0003 says so too).
# A Stripe event names a customer, which belongs to one tenant only (migration 0062).
_GLOBAL_KEYS = {"app_user_email_key", "payment_account_customer_key"}

_TENANT_TABLES = """
select c.oid::regclass::text as name, c.relrowsecurity, c.relforcerowsecurity,
       (select count(*) from pg_policy as p where p.polrelid = c.oid and p.polwithcheck is not null) as with_check
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('app', 'raw') and c.relkind in ('r', 'p')
and exists (
    select 1 from pg_attribute as a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
)
order by 1
"""

_INDEXES = """
select i.indexrelid::regclass::text as name, am.amname,
       (select a.attname from pg_attribute as a where a.attrelid = i.indrelid and a.attnum = i.indkey[0]) as leading
from pg_index as i
inner join pg_class as c on c.oid = i.indexrelid
inner join pg_am as am on am.oid = c.relam
inner join pg_class as t on t.oid = i.indrelid
inner join pg_namespace as n on n.oid = t.relnamespace
where n.nspname in ('app', 'raw')
and exists (select 1 from pg_attribute as a where a.attrelid = t.oid and a.attname = 'tenant_id')
order by 1
"""


# What is sold, and what has arrived before its tenant is known: rows of nobody in particular.
_OWNERLESS_TABLES = """
select n.nspname || '.' || c.relname
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('app', 'raw') and c.relkind in ('r', 'p') and not c.relispartition
and not exists (
    select 1 from pg_attribute as a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
)
union all
-- Functions that belong to the same: they read or write nothing of a single tenant.
select f.name from (values ('app.receive_stripe_event'), ('app.take_permits'), ('app.platform_vitals')) as f (name)
"""


def test_every_tenant_table_and_partition_is_isolated(schema_url: str) -> None:
    with psycopg.connect(schema_url) as connection:
        tables = connection.execute(_TENANT_TABLES).fetchall()
    assert len(tables) > 100  # the partitions are among them
    open_tables = [row for row in tables if not (row[1] and row[2] and row[3] > 0)]
    assert open_tables == []


def test_every_key_leads_with_the_tenant(schema_url: str) -> None:
    with psycopg.connect(schema_url) as connection:
        indexes = connection.execute(_INDEXES).fetchall()
    wrong = [
        name
        for name, method, leading in indexes
        if method not in ("gin", "ivfflat", "hnsw")
        and leading != "tenant_id"
        and name.split(".")[-1] not in _GLOBAL_KEYS
    ]
    assert wrong == []


def test_partitions_are_out_of_the_api_roles_reach(schema_url: str) -> None:
    with psycopg.connect(schema_url) as connection:
        reachable = connection.execute(
            "select c.oid::regclass::text from pg_class as c inner join pg_inherits as h on h.inhrelid = c.oid "
            "where c.relkind = 'r' and has_table_privilege('evosense_api', c.oid, 'select')"
        ).fetchall()
    assert reachable == []


def test_no_role_of_ours_goes_past_row_level_security(schema_url: str) -> None:
    with psycopg.connect(schema_url) as connection:
        strong = connection.execute(
            "select rolname from pg_roles where rolname like 'evosense%' and (rolsuper or rolbypassrls)"
        ).fetchall()
    assert strong == []


# What only the tables' owner may do to them, for the upkeep of search: reads and writes no row.
UPKEEP = {
    "app.analyze_search()",
    "app.build_vector_index(integer,text,text,integer)",
    "app.drop_vector_index(integer,text)",
    "app.hold_shelf(integer)",
    "app.make_shelf(integer)",
}


def test_functions_that_see_more_are_for_the_api_alone(schema_url: str) -> None:
    """SECURITY DEFINER: not executable by everybody, and with a search_path of their own that ends in pg_temp."""
    with psycopg.connect(schema_url) as connection:
        rows = connection.execute(
            "select p.oid::regprocedure::text, p.proconfig,"
            " has_function_privilege('evosense_analyst', p.oid, 'execute'),"
            " has_function_privilege('evosense_api', p.oid, 'execute') from pg_proc as p where p.prosecdef"
            " and p.pronamespace in ('app'::regnamespace, 'raw'::regnamespace) order by 1"
        ).fetchall()
    assert len(rows) >= 3
    for name, config, analyst, api in rows:
        assert config[0] == "search_path=app, pg_catalog, pg_temp", name
        # how to plan, not what to see
        assert set(config[1:]) <= {"enable_sort=off", "plan_cache_mode=force_generic_plan"}, name
        assert (analyst, api) == (False, name not in UPKEEP), name


@pytest.mark.parametrize("query", all_queries(), ids=str)
def test_every_query_names_its_tenant(query, schema_url: str) -> None:
    statement = re.sub(r"--.*", "", query.statement)
    with psycopg.connect(schema_url) as connection:
        ownerless = {row[0] for row in connection.execute(_OWNERLESS_TABLES).fetchall()}
    reads_tables = set(re.findall(r"\b(?:app|raw|analytics)\.\w+", statement)) - ownerless
    assert not reads_tables or "tenant_id" in statement, f"{query} reads tenants' tables without naming tenant_id"
