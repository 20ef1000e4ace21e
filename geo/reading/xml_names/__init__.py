"""Names of columns in KML that GDAL cannot keep; may know nothing but the standard library."""
