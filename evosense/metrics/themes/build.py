"""Builds a tenant's themes from the embeddings of what its customers wrote lately."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
from psycopg import Connection
from psycopg.rows import dict_row

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.metrics.themes.cluster import MIN_MESSAGES, centroids, cluster, distinctive_words, same_as_before

_QUERIES = load("evosense.metrics.themes", "themes.sql")
DAYS, LIMIT, DIMENSIONS = 60, 6000, 768


def tenants_with_vectors(connection: Connection[Any]) -> list[UUID]:
    """The tenants whose messages have embeddings."""
    return [row[0] for row in connection.execute(_QUERIES["tenants"])]


def build_themes(connection: Connection[Any], tenant_id: UUID) -> int:
    """Replace the tenant's themes, in one transaction; answers how many there are now.

    Made of the newest 6,000 customer messages of 60 days that have text and a vector; below 40 there are no themes. A
    theme whose centre stays near (cosine from 0.8 on) keeps its id. Running it again on the same rows changes nothing
    but `built_at`.
    """
    values: dict[str, Any] = {"tenant_id": tenant_id, "days": DAYS, "limit": LIMIT}
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_QUERIES["material"], values).fetchall()
        vectors = np.array([row["embedding"] for row in found], dtype=np.float32).reshape(len(found), DIMENSIONS)
        # A text without any word that the embedder knows has no direction.
        kept = np.flatnonzero(np.linalg.norm(vectors, axis=1) > 0)
        rows = [found[int(place)] for place in kept]
        former: dict[UUID, Any] = {}
        if rows:
            values["config_hash"] = rows[0]["config_hash"]
            cursor.execute(_QUERIES["former"], values)
            former = {row["id"]: np.array(row["centroid"], dtype=np.float32) for row in cursor.fetchall()}
        cursor.execute(_QUERIES["forget_messages"], values)
        cursor.execute(_QUERIES["forget_themes"], values)
        if len(rows) < MIN_MESSAGES:
            return 0
        labels = cluster(vectors[kept])
        middles = centroids(vectors[kept], labels)
        ids = {label: new_id() for label in middles} | same_as_before(middles, former)
        named = distinctive_words(
            [row["text"] for row in rows], [row["chat_id"] for row in rows], [int(label) for label in labels]
        )
        # A cluster without a word of its own has nothing to be called by.
        ids = {label: theme_id for label, theme_id in ids.items() if named.get(label)}
        for label, theme_id in ids.items():
            theme = {
                **values,
                "id": theme_id,
                "words": named[label],
                "messages": int((labels == label).sum()),
                "centroid": middles[label].tolist(),
            }
            cursor.execute(_QUERIES["add_theme"], theme)
        members = [(row["id"], ids[int(label)]) for row, label in zip(rows, labels, strict=True) if int(label) in ids]
        placed = {"message_ids": [one for one, _ in members], "theme_ids": [theme for _, theme in members]}
        cursor.execute(_QUERIES["add_messages"], {**values, **placed})
        return len(ids)
