"""People, as the serving tests have them."""

from tests.integration.serving.conftest import people

__all__ = ["people"]
