"""Every table says how retention and erasure reach it: a new one fails until evosense/privacy/stores.py names it."""

import psycopg
import pytest

from evosense.privacy.stores import STORES, Store
from tests.house.mart_shells import create_marts

_BY_NAME = {store.table: store for store in STORES}
# A column of such a name points to a message, a person or their thread.
_POINTERS = {
    "by_message": {"message_id"},
    "by_identity": {"identity_id", "chat_identity_id", "author_identity_id"},
    "by_contact": {"contact_id"},
    "by_chat": {"chat_id"},
}
# Where the rule is code of its own, or a sibling column's rule reaches the same rows.
_ELSEWHERE = {
    ("app.message", "chat_identity_id"),
    ("app.message", "author_identity_id"),
    ("app.identity_link", "identity_id"),
    ("app.identity_link", "contact_id"),
    ("app.identity_link", "chat_id"),
    ("app.dirty", "chat_identity_id"),
}
_COLUMNS = """
select n.nspname || '.' || c.relname, array_agg(a.attname::text)
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname in ('app', 'raw', 'analytics') and c.relkind in ('r', 'p', 'm') and not c.relispartition
group by 1
"""


@pytest.fixture(scope="module")
def tables(schema_url) -> dict[str, set[str]]:
    """The columns of every table, marts included, partitions left out."""
    with psycopg.connect(schema_url) as connection, connection.transaction(force_rollback=True):
        create_marts(connection)
        found = {name: set(columns) for name, columns in connection.execute(_COLUMNS)}
    assert len(found) > 70
    return found


def test_every_table_of_tenants_is_named(tables):
    unnamed = sorted(name for name, columns in tables.items() if "tenant_id" in columns and name not in _BY_NAME)
    assert unnamed == [], "say in evosense/privacy/stores.py how retention and erasure reach these tables"


def test_nothing_is_named_that_is_not_there(tables):
    assert sorted(set(_BY_NAME) - set(tables)) == []
    assert len(_BY_NAME) == len(STORES)


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.table)
def test_a_store_has_a_rule_or_a_reason(store: Store, tables):
    assert store.has_rule or store.note
    columns = (store.by_message, store.by_identity, store.by_contact, store.by_chat, store.by_time, store.frozen_by)
    assert {column for column in columns if column} <= tables[store.table]


def test_every_column_that_points_to_people_has_its_rule(tables):
    loose = [
        f"{name}.{column}"
        for name, columns in sorted(tables.items())
        if name in _BY_NAME
        for rule, names in _POINTERS.items()
        for column in sorted(columns & names)
        if getattr(_BY_NAME[name], rule) is None
        and (name, column) not in _ELSEWHERE
        # Rows of a message go with it, whoever else they point to.
        and not (_BY_NAME[name].by_message and rule != "by_message")
    ]
    assert loose == [], "these columns point to people; name them in evosense/privacy/stores.py"


def test_a_new_table_with_personal_data_would_be_noticed(schema_url):
    """The walk sees a table that nobody named."""
    with psycopg.connect(schema_url) as connection, connection.transaction(force_rollback=True):
        connection.execute("create table app.forgotten (tenant_id uuid, message_id uuid, words text)")
        found = {name for name, columns in connection.execute(_COLUMNS) if "tenant_id" in columns}
    assert "app.forgotten" in found - set(_BY_NAME)
