"""What the platform's people send and are shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from evosense.billing.models import Access
from evosense.platform.companies import CompanyRow
from evosense.tenants.models import TenantStatus
from serving.schemas.metrics import Bounds
from serving.schemas.people import Email
from serving.schemas.text import Text

Reason = Annotated[Text, Field(min_length=1, max_length=200, description="For the audit log, e.g. a contract's number")]
PlanId = Annotated[Text, Field(min_length=1, max_length=40, examples=["enterprise"])]


class PlatformToken(BaseModel):
    """What to send as `Authorization: Bearer …` to /api/platform; good nowhere else."""

    access_token: str = Field(examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name
    expires_in: int = Field(description="Seconds", examples=[3600])


class PlatformCompany(BaseModel):
    """A company at a glance: sizes, never contents."""

    id: UUID
    name: str = Field(examples=["Loja Aurora"])
    plan: str = Field(examples=["pro"])
    status: TenantStatus
    timezone: str = Field(examples=["America/Sao_Paulo"])
    created_at: datetime
    billed_by: Literal["stripe", "contract", "nobody"]
    access: Access | None
    people: int
    connections: int
    last_event_at: datetime | None

    @classmethod
    def of(cls, found: CompanyRow) -> PlatformCompany:
        """As the API shows it."""
        return cls(
            id=found.tenant_id,
            name=found.name,
            plan=found.plan_id,
            status=found.status,
            timezone=found.timezone,
            created_at=found.created_at,
            billed_by=found.billed_by,
            access=found.access,
            people=found.people,
            connections=found.connections,
            last_event_at=found.last_event_at,
        )


class PlatformCompanies(BaseModel):
    """Companies in the order of their making."""

    items: list[PlatformCompany]
    next_page: UUID | None = Field(description="Hand it back as `page` for the next ones; null at the end")


class NewCompany(BaseModel):
    """A company and the e-mail of its first administrator, who is invited."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Loja Aurora", "plan": "pro", "email": "ana@aurora.example"}}
    )

    name: Text = Field(min_length=1, max_length=160)
    plan: PlanId
    timezone: Text = Field("America/Sao_Paulo", max_length=64)
    email: Email
    trial: bool = Field(
        default=False,
        description="Try the plan for its trial days, then a subscription is needed; else nobody bills it",
    )


class OpenedCompany(BaseModel):
    """The company, and the invitation's link where no mail server is set up."""

    id: UUID
    link: str | None


class Care(BaseModel):
    """Another plan or status for a company that no subscription decides about."""

    model_config = ConfigDict(json_schema_extra={"example": {"plan": "enterprise", "reason": "contract 2026-17"}})

    plan: PlanId | None = None
    status: Literal["active", "suspended"] | None = None
    reason: Reason


class ContractLimit(BaseModel):
    """What a contract says about a limit."""

    value: int | None = Field(ge=0, le=1_000_000_000, description="null: no limit")
    reason: Reason


class MonthsAfter(BaseModel):
    """A cohort so many months after its first; null while that month is not over."""

    model_config = ConfigDict(from_attributes=True)

    months: int
    logos: Bounds | None = Field(description="Share of the companies that had access when the month ended, 0..1")
    revenue_cents: int | None = Field(description="Cents of BRL that they paid for the month")
    revenue: float | None = Field(description="That ÷ what the cohort paid for its first month")


class SignupCohort(BaseModel):
    """The companies whose first paid invoice is of one month."""

    model_config = ConfigDict(from_attributes=True)

    signup_month: date = Field(description="Its first day")
    companies: int
    months: list[MonthsAfter]
