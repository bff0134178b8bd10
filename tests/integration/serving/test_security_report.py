"""The security report: complete, and every cell as it should be. `make security-report` shows it."""

from tests.integration.serving.security_report import covered, rows, show
from tests.integration.serving.test_isolation_matrix import application, keys, talk

__all__ = ["talk"]


async def test_every_endpoint_role_and_company_is_answered_as_the_matrix_says(api, people, talk):
    made = await rows(api, people, talk)
    endpoints = set(keys(application().routes))
    show(made, endpoints)
    assert covered(made) == endpoints
    assert [(row.endpoint, row.how) for row in made if not row.is_right] == []
