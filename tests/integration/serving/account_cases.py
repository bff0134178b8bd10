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
    Case("GET", "/api/users", roles=("admin",)),
    Case(
        "PATCH",
        "/api/users/{foreign_person}",
        body={"name": "x"},
        template="/api/users/{user_id}",
        own=404,
        roles=("admin",),
    ),
    Case("DELETE", "/api/users/{foreign_person}", template="/api/users/{user_id}", own=404, roles=("admin",)),
    Case("GET", "/api/invitations", roles=("admin",)),
    Case(
        "POST", "/api/invitations", body={"email": "nova@aurora.example", "role": "analyst"}, own=201, roles=("admin",)
    ),
    Case(
        "DELETE",
        "/api/invitations/{foreign_invitation}",
        template="/api/invitations/{invitation_id}",
        own=404,
        roles=("admin",),
    ),
    Case("GET", "/api/api-keys", roles=("admin",)),
    # The plan of these tests has no API; test_api_keys.py has one that does.
    Case("POST", "/api/api-keys", body={"name": "k", "scopes": ["read_metrics"]}, own=402, roles=("admin",)),
    Case("DELETE", "/api/api-keys/{foreign_key}", template="/api/api-keys/{api_key_id}", own=404, roles=("admin",)),
    Case("GET", "/api/tenants/{tenant_id}", foreign=404),
    Case("PATCH", "/api/tenants/{tenant_id}", body={"locale": "en"}, foreign=404, roles=("admin",)),
    Case("GET", "/api/usage"),
    Case("GET", "/api/audit-log", roles=("admin",)),
    # Everybody may, and the present password is wrong.
    Case("POST", "/api/auth/password", body={"current": "errada", "new": "outra senha longa"}, own=401),
]
# Open to who holds a link's token, which test_people_api.py looks at; they tell nobody who has an account.
OPEN_ACCOUNT_ROUTES = {
    "POST /api/auth/invitation",
    "POST /api/auth/invitation/accept",
    "POST /api/auth/password-reset",
    "POST /api/auth/password-reset/confirm",
}
# For the platform's people, who belong to no company; test_platform_api.py covers them route by route.
PLATFORM_ROUTES = {
    "POST /api/platform/login",
    "GET /api/platform/tenants",
    "POST /api/platform/tenants",
    "GET /api/platform/tenants/{tenant_id}",
    "PATCH /api/platform/tenants/{tenant_id}",
    "PUT /api/platform/tenants/{tenant_id}/limits/{meter}",
    "GET /api/platform/audit-log",
    "GET /api/platform/retention",
}
