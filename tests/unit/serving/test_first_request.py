"""Whoever asks first after a start waits for nothing that could have been made before."""

import gc

from httpx import ASGITransport, AsyncClient

from evosense.settings import DatabaseSettings, SecuritySettings, ServingSettings
from serving.app import create_app


async def test_the_table_of_routes_is_complete_before_somebody_asks():
    app = create_app(
        database=DatabaseSettings.model_construct(database_url="postgresql://nowhere"),
        security=SecuritySettings(secret_key="a secret key that only tests know, 32+ chars"),
        settings=ServingSettings.model_construct(public_url=None, metrics_token=None),
    )
    gc.collect()
    before = len(gc.get_objects())
    async with AsyncClient(transport=ASGITransport(app), base_url="http://evosense") as client:
        response = await client.get("/api/nowhere")
    gc.collect()
    assert response.status_code == 404
    # The table alone is twenty thousand.
    assert len(gc.get_objects()) - before < 10_000
