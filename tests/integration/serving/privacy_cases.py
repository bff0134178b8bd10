"""Routes of exports, privacy requests and backfills, for the isolation matrix."""

from tests.integration.serving.case import Case

NO_RUN = "00000000-0000-7000-8000-000000000000"
DAYS = {"first_day": "2026-11-01", "last_day": "2026-11-20"}
EXPORT = {**DAYS, "dataset": "messages"}
ADMIN = ("admin",)
NOT_OPERATOR = ("admin", "analyst")
PRIVACY_AND_EXPORTS = [
    Case("GET", "/api/exports", roles=NOT_OPERATOR),
    Case("POST", "/api/exports", body=EXPORT, own=201, roles=NOT_OPERATOR),
    Case("GET", f"/api/exports/{NO_RUN}", template="/api/exports/{export_id}", own=404, roles=NOT_OPERATOR),
    Case("GET", "/api/reports", roles=NOT_OPERATOR),
    Case(
        "POST",
        "/api/reports",
        body={"name": "Semanal", "dataset": "daily_kpis", "every": "week"},
        own=201,
        roles=NOT_OPERATOR,
    ),
    Case("DELETE", f"/api/reports/{NO_RUN}", template="/api/reports/{report_id}", own=404, roles=NOT_OPERATOR),
    Case("GET", "/api/privacy/requests", roles=ADMIN),
    Case("POST", "/api/privacy/requests", body={"kind": "access", "phone": "+5511987654321"}, own=202, roles=ADMIN),
    Case("GET", f"/api/privacy/requests/{NO_RUN}", template="/api/privacy/requests/{request_id}", own=404, roles=ADMIN),
    *(
        Case(
            method,
            f"/api/privacy/requests/{NO_RUN}/{part}",
            template=f"/api/privacy/requests/{{request_id}}/{part}",
            own=404,
            roles=ADMIN,
        )
        for method, part in (("POST", "cancel"), ("GET", "certificate"), ("GET", "answer"))
    ),
    Case("GET", "/api/privacy/holds", roles=ADMIN),
    Case("POST", "/api/privacy/holds", body={"reason": "processo"}, own=201, roles=ADMIN),
    Case("DELETE", f"/api/privacy/holds/{NO_RUN}", template="/api/privacy/holds/{hold_id}", own=404, roles=ADMIN),
    Case("GET", "/api/backfills", roles=ADMIN),
    Case("POST", "/api/backfills", body={**DAYS, "kind": "scoring"}, own=202, roles=ADMIN),
    Case(
        "GET",
        "/api/backfills/estimate",
        query="first_day=2026-11-01&last_day=2026-11-20",
        roles=ADMIN,
    ),
    Case("GET", f"/api/backfills/{NO_RUN}", template="/api/backfills/{backfill_id}", own=404, roles=ADMIN),
    Case(
        "POST", f"/api/backfills/{NO_RUN}/cancel", template="/api/backfills/{backfill_id}/cancel", own=404, roles=ADMIN
    ),
]
