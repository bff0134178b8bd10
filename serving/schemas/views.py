"""Saved views on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from evosense.tenants.views import MOST_VIEWS, SavedView, ViewPage
from serving.schemas.text import Text


class View(BaseModel):
    """Filters under a name."""

    model_config = ConfigDict(from_attributes=True)

    name: Annotated[Text, Field(min_length=1, max_length=40, examples=["Negativas de hoje"])]
    address: Annotated[
        Text, Field(max_length=1000, description="The query of the page's address", examples=["humor=negative&quem=in"])
    ]


def _differ(views: list[View]) -> list[View]:
    if len({view.name for view in views}) < len(views):
        message = "Each view of a page needs a name of its own"
        raise ValueError(message)
    return views


class PageViews(BaseModel):
    """A person's views of one page, in their order."""

    page: ViewPage
    views: Annotated[list[View], Field(max_length=MOST_VIEWS), AfterValidator(_differ)]

    def models(self) -> list[SavedView]:
        """As they are kept."""
        return [SavedView(self.page, view.name, view.address) for view in self.views]
