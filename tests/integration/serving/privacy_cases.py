"""Routes of exports, privacy requests and backfills, for the isolation matrix."""

from tests.integration.serving.case import Case

DAYS = {"first_day": "2026-11-01", "last_day": "2026-11-20"}
EXPORT = {**DAYS, "dataset": "messages"}
REPORT = {"name": "Semanal", "dataset": "daily_kpis", "every": "week"}
ADMIN = ("admin",)
NOT_OPERATOR = ("admin", "analyst")
PRIVACY_AND_EXPORTS = [
    Case("GET", "/api/exports", roles=NOT_OPERATOR),
    Case("POST", "/api/exports", body=EXPORT, own=201, roles=NOT_OPERATOR),
    Case("GET", "/api/exports/{export_id}", roles=NOT_OPERATOR),
    Case("GET", "/api/reports", roles=NOT_OPERATOR),
    Case("POST", "/api/reports", body=REPORT, own=201, roles=NOT_OPERATOR),
    Case("DELETE", "/api/reports/{report_id}", own=204, roles=NOT_OPERATOR),
    Case("GET", "/api/privacy/requests", roles=ADMIN),
    Case("POST", "/api/privacy/requests", body={"kind": "access", "phone": "+5511987654321"}, own=202, roles=ADMIN),
    Case("POST", "/api/privacy/requests", body={"kind": "access", "contact_id": "{contact_id}"}, own=202, roles=ADMIN),
    Case("GET", "/api/privacy/requests/{request_id}", roles=ADMIN),
    Case("POST", "/api/privacy/requests/{request_id}/cancel", roles=ADMIN),
    Case("GET", "/api/privacy/requests/{request_id}/certificate", things={"request_id": "erased"}, roles=ADMIN),
    Case("GET", "/api/privacy/requests/{request_id}/answer", things={"request_id": "answered"}, roles=ADMIN),
    Case("GET", "/api/privacy/holds", roles=ADMIN),
    Case("POST", "/api/privacy/holds", body={"reason": "processo"}, own=201, roles=ADMIN),
    Case("POST", "/api/privacy/holds", body={"reason": "x", "contact_id": "{contact_id}"}, own=201, roles=ADMIN),
    Case("DELETE", "/api/privacy/holds/{hold_id}", own=204, roles=ADMIN),
    Case("GET", "/api/backfills", roles=ADMIN),
    Case("POST", "/api/backfills", body={**DAYS, "kind": "scoring"}, own=202, roles=ADMIN),
    Case(
        "GET",
        "/api/backfills/estimate",
        query="?first_day=2026-11-01&last_day=2026-11-20",
        roles=ADMIN,
    ),
    Case("GET", "/api/backfills/{backfill_id}", roles=ADMIN),
    Case("POST", "/api/backfills/{backfill_id}/cancel", roles=ADMIN),
]
