"""What QGIS makes of a project, as JSON: run by the system's Python, which has QGIS's library.

``python3 qgis_look.py PROJECT PICTURE``. Each layer is drawn alone on white, in its own extent.
"""

import json
import sys
from collections import Counter

from qgis.core import (  # type: ignore[import-not-found]
    QgsApplication,
    QgsLayoutExporter,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]
from qgis.PyQt.QtGui import QColor  # type: ignore[import-not-found]


def drawn(layers, extent, crs):  # type: ignore[no-untyped-def]
    """Return a picture of layers."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(crs)
    settings.setOutputSize(QSize(500, 500))
    settings.setBackgroundColor(QColor("white"))
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage(), [error.message for error in job.errors()]


def told(project, layer):  # type: ignore[no-untyped-def]
    """Return what a layer is."""
    extent = QgsRectangle(layer.extent())
    extent.grow(20)
    layer.setLabelsEnabled(False)
    picture, errors = drawn([layer], extent, project.crs())
    colours = Counter(QColor(picture.pixel(x, y)).name() for x in range(500) for y in range(500))
    return {
        "id": layer.id(),
        "name": layer.name(),
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "count": layer.featureCount(),
        "colours": [name for name, _count in colours.most_common(400)],
        "errors": errors,
        "titles": {field.name(): field.alias() for field in layer.fields()},
    }


def sheet(layout, path):  # type: ignore[no-untyped-def]
    """Return what a sheet to print is, and how much of its map is not white."""
    image = QgsLayoutExporter(layout).renderPageToImage(0, QSize(840, 594))
    image.save(path)
    page = layout.pageCollection().page(0).pageSize()
    pixels = [image.pixelColor(x, y) for x in range(24, 540, 4) for y in range(52, 570, 4)]
    return {
        "name": layout.name(),
        "paper": [page.width(), page.height()],
        "scale": round(layout.itemById("map").scale()),
        "bar_m": layout.itemById("scale").unitsPerSegment(),
        "title": layout.itemById("title").text(),
        "ratio": layout.itemById("ratio").text(),
        "notes": layout.itemById("notes").text(),
        "legend": len(layout.itemById("legend").model().rootGroup().findLayers()),
        "drawn": sum(one.lightness() < 250 for one in pixels) / len(pixels),
    }


application = QgsApplication([], False)
application.initQgis()
project = QgsProject.instance()
opened = project.read(sys.argv[1])
order = project.layerTreeRoot().layerOrder()
extent = QgsRectangle(project.viewSettings().defaultViewExtent())
extent.grow(100)
picture, _errors = drawn(order, extent, project.crs())
picture.save(sys.argv[2])
print(
    json.dumps(
        {
            "opened": opened,
            "title": project.title(),
            "crs": project.crs().authid(),
            "sheets": [
                sheet(one, sys.argv[2] + ".sheet.png")
                for one in project.layoutManager().printLayouts()
            ],
            "layers": [told(project, layer) for layer in order],
        }
    )
)
application.exitQgis()
