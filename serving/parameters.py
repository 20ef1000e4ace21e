"""What stands in addresses: the names of campaigns and of proposals, numbers of things."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
#: The number of a row of a table.
Number = Annotated[int, Path(ge=1, le=2**62)]
PublicId = Annotated[str, Path(pattern=r"^[a-z0-9]{1,16}$")]
