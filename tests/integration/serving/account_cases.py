"""The isolation matrix's lines about connections, people, keys and the company itself."""

from tests.integration.serving.case import Case

# A public address without a name to resolve; nothing is sent to it.
CONNECTION = {"name": "Nova", "server_url": "https://93.184.216.34", "instance": "nova", "token": "t"}

ACCOUNT_CASES = [
    Case("GET", "/api/connections"),
    Case("POST", "/api/connections", body=CONNECTION, own=201, roles=("admin",)),
    Case("GET", "/api/connections/{foreign_connection}", template="/api/connections/{connection_id}", own=404),
    Case(
        "PATCH",
        "/api/connections/{foreign_connection}",
        body={"name": "x"},
        template="/api/connections/{connection_id}",
        own=404,
        roles=("admin",),
    ),
    Case(
        "DELETE",
        "/api/connections/{foreign_connection}",
        template="/api/connections/{connection_id}",
        own=404,
        roles=("admin",),
    ),
    Case(
        "POST",
        "/api/connections/{foreign_connection}/test",
        template="/api/connections/{connection_id}/test",
        own=404,
        roles=("admin",),
    ),
    Case(
        "GET",
        "/api/connections/{foreign_connection}/status",
        template="/api/connections/{connection_id}/status",
        own=404,
    ),
]
