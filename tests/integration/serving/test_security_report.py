"""The security report: complete, and every cell as it should be. `make security-report` shows it."""

from tests.integration.serving.security_report import covered, rows, show
from tests.integration.serving.test_isolation_matrix import application, keys, things

__all__ = ["things"]


async def test_every_endpoint_role_and_company_is_answered_as_the_matrix_says(api, people, things):
    made = await rows(api, people, things)
    endpoints = set(keys(application().routes))
    show(made, endpoints)
    assert covered(made) == endpoints
    assert [(row.endpoint, row.how) for row in made if not row.is_right] == []
