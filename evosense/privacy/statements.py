"""Statements over any store: counted and deleted by one column, always within one tenant and a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from psycopg import AsyncConnection, sql

from evosense.privacy.stores import Store

BATCH: Final = 5_000


def _table(store: Store) -> sql.Identifier:
    return sql.Identifier(*store.table.split("."))


def delete_of(store: Store, column: str, parameter: str) -> sql.Composed:
    """Delete the tenant's rows whose column is among the ids of a parameter."""
    statement = "delete from {table} where tenant_id = %(tenant_id)s and {column} = any({ids}::uuid[])"
    return sql.SQL(statement).format(table=_table(store), column=sql.Identifier(column), ids=sql.Placeholder(parameter))


def delete_older(store: Store) -> sql.Composed:
    """Delete a batch of the tenant's rows that are older than %(cutoff)s."""
    # Partitions share ctids, so a row is named by its partition as well.
    return sql.SQL(
        "delete from {table} where tenant_id = %(tenant_id)s and (tableoid, ctid) in "
        "(select s.tableoid, s.ctid from {table} as s where {is_old} limit %(batch)s)"
    ).format(table=_table(store), is_old=_is_old(store))


def _is_old(store: Store) -> sql.Composed:
    """The row is older than %(cutoff)s and about nobody on hold."""
    conditions: list[sql.Composable] = [
        sql.SQL("s.tenant_id = %(tenant_id)s"),
        sql.SQL("s.{} < %(cutoff)s").format(sql.Identifier(store.by_time or "")),
    ]
    pointers = {"held": store.by_identity, "held_contacts": store.by_contact, "held_chats": store.by_chat}
    for parameter, column in pointers.items():
        if column:
            kept = sql.SQL("coalesce(s.{} <> all({}::uuid[]), true)")
            conditions.append(kept.format(sql.Identifier(column), sql.Placeholder(parameter)))
    return sql.SQL(" and ").join(conditions)


def count_older(store: Store) -> sql.Composed:
    """How many of the tenant's rows are older than %(cutoff)s."""
    return sql.SQL("select count(*) from {table} as s where {is_old}").format(
        table=_table(store), is_old=_is_old(store)
    )


def count_of_messages(store: Store) -> sql.Composed:
    """How many of the tenant's rows belong to messages before %(cutoff)s that nothing holds."""
    return sql.SQL(
        "select count(*) from {table} as s inner join app.message as m on m.tenant_id = %(tenant_id)s "
        "and m.id = s.{column} where s.tenant_id = %(tenant_id)s and m.sent_at < %(cutoff)s "
        "and m.chat_identity_id <> all(%(held)s::uuid[]) "
        "and (m.author_identity_id is null or m.author_identity_id <> all(%(held)s::uuid[]))"
    ).format(table=_table(store), column=sql.Identifier(store.by_message or ""))


def freeze(store: Store) -> sql.Composed:
    """Copy the rows of a mart about %(days)s into app.frozen_figure; those of fewer than %(least)s people as null."""
    people = sql.SQL("true")
    if store.frozen_by:
        people = sql.SQL("mart.{} >= %(least)s").format(sql.Identifier(store.frozen_by))
    return sql.SQL(
        "insert into app.frozen_figure (tenant_id, mart, local_day, row_no, figures) "
        "select mart.tenant_id, {name}, mart.local_day, row_number() over (partition by mart.local_day), "
        "case when {people} then to_jsonb(mart) end from {table} as mart "
        "where mart.tenant_id = %(tenant_id)s and mart.local_day = any(%(days)s::date[]) "
        "and not exists (select 1 from app.frozen_figure as f where f.tenant_id = mart.tenant_id "
        "and f.mart = {name} and f.local_day = mart.local_day)"
    ).format(name=sql.Literal(store.table.partition(".")[2]), people=people, table=_table(store))


def drop_thin(store: Store) -> sql.Composed:
    """Delete the mart's rows about %(days)s with fewer than %(least)s people behind them."""
    return sql.SQL(
        "delete from {table} as mart where mart.tenant_id = %(tenant_id)s "
        "and mart.local_day = any(%(days)s::date[]) and mart.{people} < %(least)s"
    ).format(table=_table(store), people=sql.Identifier(store.frozen_by or ""))


async def exists(connection: AsyncConnection[Any], store: Store) -> bool:
    """Whether the table is there: marts are only once the warehouse was built."""
    row = await (await connection.execute("select to_regclass(%s) is not null", (store.table,))).fetchone()
    return bool(row and row[0])


async def run(connection: AsyncConnection[Any], statement: sql.Composed, values: Mapping[str, Any]) -> int:
    """Run a delete; answers its rows."""
    return max(0, (await connection.execute(statement, values)).rowcount)


async def count(connection: AsyncConnection[Any], statement: sql.Composed, values: Mapping[str, Any]) -> int:
    """Run a count."""
    row = await (await connection.execute(statement, values)).fetchone()
    return int(row[0]) if row else 0
