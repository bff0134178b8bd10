"""The isolation matrix's lines about alerts and a company's rules for them."""

from tests.integration.serving.case import Case

_PATH = "/api/tenants/{tenant_id}/alerts/{day}/{metric}/acknowledgement"
_RULE = {"metric": "negative_pct", "condition": "above", "threshold": 25}
ALERT_CASES = [
    Case("GET", "/api/tenants/{tenant_id}/alerts"),
    Case("PUT", _PATH, own=204),
    Case("DELETE", _PATH, own=204),
    Case("GET", "/api/tenants/{tenant_id}/alert-rules"),
    Case("POST", "/api/tenants/{tenant_id}/alert-rules", body=_RULE, own=201, roles=("admin",)),
    Case("DELETE", "/api/tenants/{tenant_id}/alert-rules/{rule_id}", own=204, roles=("admin",)),
    Case("GET", "/api/me/alert-letters"),
    Case("PUT", "/api/me/alert-letters", body={"is_wanted": True}),
]
