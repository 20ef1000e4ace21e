/* Lines and areas that others drew, for a campaign that takes more than pins: fetched for the part of
   the map that is shown, once it is near enough. To be loaded after lujian-map.js. */
(function () {
  "use strict";

  var GRID_DEG = 0.005;

  function snapped(value, up) { return ((up ? Math.ceil : Math.floor)(value / GRID_DEG) * GRID_DEG).toFixed(3); }

  /* Lines and areas of a part of the map, from `url`; `colors`: category -> { color }. */
  var Shapes = L.LayerGroup.extend({
    initialize: function (options) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, Object.assign({ minZoom: 16, colors: {} }, options));
    },
    onAdd: function (map) {
      if (!map.getPane("lujian-shapes")) map.createPane("lujian-shapes").style.zIndex = 425;
      this._renderer = L.svg({ pane: "lujian-shapes" });
      L.LayerGroup.prototype.onAdd.call(this, map);
      map.on("moveend", this._look, this);
      this._look();
      var self = this, words = this.options.words;
      if (words) this._end = L.lujian.legend(map).add({ key: "shapes", order: 3, text: words.legend, swatch: function () { return L.lujian.swatch.area({ color: "#1f6f8b", weight: 3, fillColor: "#1f6f8b", fillOpacity: 0.2 }); },
        shown: function () { return map.getZoom() >= self.options.minZoom; } });
    },
    onRemove: function (map) {
      if (this._end) this._end();
      map.off("moveend", this._look, this);
      L.LayerGroup.prototype.onRemove.call(this, map);
      this.clearLayers();
      map.removeLayer(this._renderer);
      this._shown = null;
    },
    /* Fetch again: something has been filed. */
    lujianRefresh: function () { this._shown = null; if (this._map) this._look(); },
    _look: function () {
      if (this._map.getZoom() < this.options.minZoom) { this.clearLayers(); this._shown = null; return; }
      var b = this._map.getBounds(), o = this.options;
      var url = o.url + (o.url.indexOf("?") < 0 ? "?" : "&") +
        "west=" + snapped(b.getWest(), false) + "&south=" + snapped(b.getSouth(), false) +
        "&east=" + snapped(b.getEast(), true) + "&north=" + snapped(b.getNorth(), true);
      if (url === this._shown) return;
      this._shown = url;
      this._fetch(url, 1, this._turn = {});
    },
    /* Fetch one page after the other, and draw each as it comes. */
    _fetch: function (url, page, turn) {
      var self = this;
      fetch(page > 1 ? url + "&page=" + page : url, { credentials: "same-origin", cache: "no-cache" })
        .then(function (answer) {
          if (!answer.ok) throw new Error(url + ": " + answer.status);
          return answer.json();
        })
        .then(function (data) {
          if (!self._map || self._turn !== turn || self._shown !== url) return;
          if (page === 1) self.clearLayers();
          self._draw(data.shapes);
          if (data.next) self._fetch(url, data.next, turn);
        })
        .catch(function (error) {
          if (self._turn === turn) self._shown = null;
          console.warn("lujian shapes", error.message);
        });
    },
    _draw: function (shapes) {
      var self = this;
      shapes.forEach(function (shape) {
        var color = (self.options.colors[shape.category] || {}).color || "#1f6f8b";
        // Not interactive: a tap goes to the map, so that a pin can be put onto a plot.
        self.addLayer(L.geoJSON(shape.geometry, {
          pane: "lujian-shapes", renderer: self._renderer, interactive: false,
          style: { color: color, weight: 4, opacity: 0.9, fillOpacity: 0.2, interactive: false }
        }));
      });
    }
  });

  L.lujian = L.lujian || {};
  L.lujian.shapes = function (options) { return new Shapes(options); };
})();
