"""What stands in addresses: the names of campaigns and of proposals."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
PublicId = Annotated[str, Path(pattern=r"^[a-z0-9]{1,16}$")]
