"""What columns the marts have, made from their contracts by `python -m orchestration.warehouse live`."""

from typing import Final

MARTS_SHAPE: Final = "01056a6fd09d8ca2"
