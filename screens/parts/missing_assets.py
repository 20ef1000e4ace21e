"""Are the front-end packages there?"""

from __future__ import annotations

from functools import cache

from core.settings import Settings

NEEDED = {
    "leaflet": "leaflet/dist/leaflet.js",
    "swagger-ui-dist": "swagger-ui-dist/swagger-ui.css",
}


@cache
def missing_assets(settings: Settings) -> list[str]:
    """Return the names of the npm packages that were not installed when first asked."""
    return [name for name, file in NEEDED.items() if not (settings.assets_dir / file).exists()]
