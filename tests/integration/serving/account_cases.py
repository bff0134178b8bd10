"""The isolation matrix's lines about connections, people, keys and the company itself."""

from tests.integration.serving.case import Case

# A public address without a name to resolve; nothing is sent to it.
CONNECTION = {"name": "Nova", "server_url": "https://93.184.216.34", "instance": "nova", "token": "t"}

ADMIN = ("admin",)
ACCOUNT_CASES = [
    # Before the calls that make further ones: the plan gives three connections and ten people.
    Case("POST", "/api/connections", body=CONNECTION, own=201, roles=ADMIN),
    Case("POST", "/api/invitations", body={"email": "nova@aurora.example", "role": "analyst"}, own=201, roles=ADMIN),
    Case("GET", "/api/connections"),
    Case("GET", "/api/connections/{connection_id}"),
    Case("PATCH", "/api/connections/{connection_id}", body={"is_active": False}, roles=ADMIN),
    Case("DELETE", "/api/connections/{connection_id}", own=204, roles=ADMIN),
    Case("POST", "/api/connections/{connection_id}/test", roles=ADMIN),
    Case("GET", "/api/connections/{connection_id}/status"),
    Case("GET", "/api/me/views"),
    Case("PUT", "/api/me/views", body={"page": "messages", "views": [{"name": "v", "address": "humor=negative"}]}),
    Case("GET", "/api/users", roles=ADMIN),
    Case("PATCH", "/api/users/{user_id}", body={"name": "x"}, roles=ADMIN),
    Case("DELETE", "/api/users/{user_id}", own=204, roles=ADMIN),
    Case("GET", "/api/invitations", roles=ADMIN),
    Case("DELETE", "/api/invitations/{invitation_id}", own=204, roles=ADMIN),
    Case("GET", "/api/api-keys", roles=ADMIN),
    # The plan of these tests has no API; test_api_keys.py has one that does.
    Case("POST", "/api/api-keys", body={"name": "k", "scopes": ["read_metrics"]}, own=402, roles=ADMIN),
    Case("DELETE", "/api/api-keys/{api_key_id}", own=204, roles=ADMIN),
    Case("GET", "/api/tenants/{tenant_id}"),
    Case("PATCH", "/api/tenants/{tenant_id}", body={"locale": "en"}, roles=ADMIN),
    Case("GET", "/api/usage"),
    Case("GET", "/api/audit-log", roles=ADMIN),
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
