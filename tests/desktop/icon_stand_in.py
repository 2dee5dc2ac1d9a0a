"""An icon that no panel shows: it keeps what it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Icon:
    icon: Any = None
    title: str = ""
    updates: int = 0

    def update_menu(self) -> None:
        self.updates += 1

    def stop(self) -> None: ...
