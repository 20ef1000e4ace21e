"""The conformance classes that are kept here, each with tests after its abstract test suite."""

from __future__ import annotations

_FEATURES, _CQL2 = (
    "http://www.opengis.net/spec/ogcapi-features-",
    "http://www.opengis.net/spec/cql2",
)
CLASSES = (
    *(f"{_FEATURES}1/1.0/conf/{name}" for name in ("core", "geojson", "html", "oas30")),
    f"{_FEATURES}2/1.0/conf/crs",
    *(
        f"{_FEATURES}3/1.0/conf/{name}"
        for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"{_FEATURES}5/1.0/conf/{name}"
        for name in ("schemas", "advanced-property-roles", "returnables-and-receivables")
    ),
    *(
        f"{_CQL2}/1.0/conf/{name}"
        for name in (
            "cql2-text",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
        )
    ),
)
