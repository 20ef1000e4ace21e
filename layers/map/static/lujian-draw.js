/* Drawing a line (a route to improve) or an area (a plot), with fingers, a mouse or keys. To be
   loaded after lujian-map.js, where a campaign takes more than pins.

   var drawing = L.lujian.draw({ map: map, words: { corner: "… {n} … {total}", middle: "…" } });
   drawing.start("area");       taps on the map add corners; start again to go on
   drawing.addAtCentre();       the corner is where the map's middle is
   drawing.undo(); drawing.removeSelected(); drawing.clear(); drawing.set(geojson);
   drawing.finish(); drawing.get(); drawing.destroy();

   Each change fires "lujian:shape" on the map: { shape: GeoJSON geometry or null while there are too
   few corners, kind, corners, crossing, moving (a finger still holds a corner), selected }.
   Whether a shape can be is the server's to say; red is an early hint. */
(function () {
  "use strict";

  var FINGER = 44, MOST_CORNERS = 200, MOST_STEPS = 200, DIGITS = 7;
  var STEP_M = 2, LONG_STEP_M = 20, METRES_A_DEGREE = 111320;
  var ARROWS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  var FEWEST = { line: 2, area: 3 };
  var BLUE = "#0b5fa5", RED = "#c62828";

  /* ---- does it cross itself? ------------------------------------------------------------------ */

  function turn(a, b, c) { return (b.lng - a.lng) * (c.lat - a.lat) - (b.lat - a.lat) * (c.lng - a.lng); }

  function between(a, b, c) {
    return Math.min(a.lng, b.lng) <= c.lng && c.lng <= Math.max(a.lng, b.lng) &&
      Math.min(a.lat, b.lat) <= c.lat && c.lat <= Math.max(a.lat, b.lat);
  }

  function meet(a, b, c, d) {
    var one = turn(a, b, c), two = turn(a, b, d), three = turn(c, d, a), four = turn(c, d, b);
    if (((one > 0 && two < 0) || (one < 0 && two > 0)) && ((three > 0 && four < 0) || (three < 0 && four > 0))) return true;
    return (one === 0 && between(a, b, c)) || (two === 0 && between(a, b, d)) ||
      (three === 0 && between(c, d, a)) || (four === 0 && between(c, d, b));
  }

  function turnsBack(a, b, c) {
    var ahead = (b.lng - a.lng) * (c.lng - b.lng) + (b.lat - a.lat) * (c.lat - b.lat);
    return turn(a, b, c) === 0 && ahead < 0;
  }

  function crosses(places, closed) {
    var count = places.length, i, j;
    if (!closed && count > 3 && places[0].equals(places[count - 1], 0)) return crosses(places.slice(0, -1), true);
    var sides = closed ? count : count - 1;
    function at(k) { return places[k % count]; }
    for (i = 0; i < sides; i++) {
      if ((closed || i + 1 < sides) && turnsBack(at(i), at(i + 1), at(i + 2))) return true;
      for (j = i + 2; j < sides; j++) {
        if (closed && i === 0 && j === sides - 1) continue;
        if (meet(at(i), at(i + 1), at(j), at(j + 1))) return true;
      }
    }
    return false;
  }

  /* ---- handles ---------------------------------------------------------------------------------- */

  function round(value) { return Number(value.toFixed(DIGITS)); }

  function handleIcon() {
    var svg = '<svg width="44" height="44" viewBox="0 0 44 44" aria-hidden="true"><circle cx="22" cy="22"/></svg>';
    return L.divIcon({ className: "lujian-handle", html: svg, iconSize: [FINGER, FINGER] });
  }

  function paint(marker, look) {
    var circle = marker.getElement().querySelector("circle");
    Object.keys(look).forEach(function (name) { circle.setAttribute(name, look[name]); });
  }

  function say(marker, words) {
    if (marker.getElement().getAttribute("aria-label") !== words) marker.getElement().setAttribute("aria-label", words);
  }

  /* ---- drawing ------------------------------------------------------------------------------------ */

  var Draw = L.Layer.extend({
    options: { words: {}, map: null },

    initialize: function (options) {
      L.setOptions(this, options);
      this._kind = "line";
      this._places = [];
      this._steps = [];
      this._corners = [];
      this._middles = [];
      this._selected = null;
      this._held = null;
      this._adding = false;
      if (this.options.map) this.addTo(this.options.map);
    },

    onAdd: function (map) {
      if (!map.getPane("lujian-draw")) map.createPane("lujian-draw").style.zIndex = 630;
      this._renderer = L.svg({ pane: "lujian-draw", padding: 0.5 });
      map.on("click", this._tap, this);
      map.on("zoomend", this._sync, this);
      this._sync();
    },

    onRemove: function (map) {
      this._listen(false);
      map.off("click", this._tap, this);
      map.off("zoomend", this._sync, this);
      this._corners.concat(this._middles, this._path || []).forEach(function (layer) { map.removeLayer(layer); });
      map.removeLayer(this._renderer);
      this._corners = [];
      this._middles = [];
      this._path = null;
    },

    /* Let taps add corners: to the shape there is, when it is of this kind, else to a new one. */
    start: function (kind) {
      var fresh = kind !== this._kind;
      this._kind = kind;
      this._listen(true);
      if (fresh) { this._places = []; this._steps = []; this._select(null); }
      this._changed();
      return this;
    },

    addAtCentre: function () { return this._add(this._map.getCenter()); },

    undo: function () {
      var step = this._steps.pop();
      if (!step) return false;
      this._places = step.places;
      this._select(null);
      this._changed();
      return true;
    },

    removeSelected: function () {
      if (this._selected === null) return false;
      this._removeAt(this._selected);
      return true;
    },

    /* Taps add no more corners; those there are can still be moved. */
    finish: function () {
      this._listen(false);
      return this.get();
    },

    clear: function () {
      if (this._places.length) this._keep("clear");
      this._places = [];
      this._select(null);
      this._changed();
      return this;
    },

    /* Take over a GeoJSON LineString or Polygon, to go on with it. */
    set: function (geojson) {
      var area = geojson.type === "Polygon", ring = area ? geojson.coordinates[0] : geojson.coordinates;
      var places = ring.map(function (at) { return L.latLng(at[1], at[0]); });
      if (area && places.length > 1 && places[0].equals(places[places.length - 1], 0)) places.pop();
      this._kind = area ? "area" : "line";
      this._places = places;
      this._steps = [];
      this._listen(true);
      this._select(null);
      this._changed();
      return this;
    },

    get: function () {
      if (this._places.length < FEWEST[this._kind]) return null;
      var places = this._places.map(function (at) { var w = at.wrap(); return [round(w.lng), round(w.lat)]; });
      if (this._kind === "line") return { type: "LineString", coordinates: places };
      return { type: "Polygon", coordinates: [places.concat([places[0]])] };
    },

    destroy: function () { this.remove(); },

    /* While taps add corners, a second tap must not zoom and pins must not take the taps. */
    _listen: function (on) {
      var map = this._map, zoom = map && map.doubleClickZoom;
      if (!map || on === this._adding) return;
      this._adding = on;
      if (on) {
        this._zoomed = zoom && zoom.enabled();
        if (zoom) zoom.disable();
      } else if (this._zoomed) zoom.enable();
      map.getPane("markerPane").inert = on;
    },

    _tap: function (event) { if (this._adding) this._add(event.latlng); },

    _add: function (place) {
      var map = this._map, last = this._places[this._places.length - 1];
      var twice = last && map.latLngToLayerPoint(last).distanceTo(map.latLngToLayerPoint(place)) < 4;
      if (twice || this._places.length >= MOST_CORNERS) return false;
      this._insert(this._places.length, place);
      return true;
    },

    _insert: function (at, place) {
      this._keep("insert");
      this._places.splice(at, 0, place);
      this._select(at);
      this._changed();
    },

    _removeAt: function (at) {
      var focused = this._corners[at].getElement() === document.activeElement;
      this._keep("remove");
      this._places.splice(at, 1);
      this._select(this._places.length && focused ? Math.min(at, this._places.length - 1) : null);
      this._changed();
      if (this._selected !== null) this._corners[this._selected].getElement().focus();
      else if (focused) this._map.getContainer().focus();
    },

    /* Remember what there was; pushes of one corner in a row are one step. */
    _keep: function (what) {
      var last = this._steps[this._steps.length - 1];
      if (last && what.indexOf("push ") === 0 && last.what === what) return;
      this._steps.push({ what: what, places: this._places.slice() });
      if (this._steps.length > MOST_STEPS) this._steps.shift();
    },

    _select: function (at) { this._selected = at; },

    _changed: function () {
      this._sync();
      this._tell();
    },

    _tell: function () {
      if (!this._map) return;
      this._map.fire("lujian:shape", {
        shape: this.get(), kind: this._kind, corners: this._places.length,
        crossing: this._crossing, moving: this._held !== null, selected: this._selected
      });
    },

    /* ---- what is seen ---- */

    _sync: function () {
      if (!this._map) return;
      var self = this, places = this._places, area = this._kind === "area";
      this._crossing = crosses(places, area && places.length > 2);
      this._drawPath(area);
      this._fit(this._corners, places.length, function () { return self._newCorner(places[0]); });
      this._corners.forEach(function (marker, at) {
        if (marker !== self._held) marker.setLatLng(places[at]);
        self._showCorner(marker, at);
      });
      if (!this._held) {
        this._syncMiddles(area);
        this._putInOrder();
      }
    },

    _drawPath: function (area) {
      if (this._path && (this._path instanceof L.Polygon) !== area) { this._map.removeLayer(this._path); this._path = null; }
      if (!this._path) {
        var make = area ? L.polygon : L.polyline;
        this._path = make([], { pane: "lujian-draw", renderer: this._renderer, interactive: false, smoothFactor: 0, className: "lujian-drawn" }).addTo(this._map);
      }
      this._path.setLatLngs(this._places);
      // Not by the colour alone: what crosses is also dashed.
      this._path.setStyle({ color: this._crossing ? RED : BLUE, weight: 5, fillOpacity: 0.2, dashArray: this._crossing ? "4 9" : null });
      L.DomUtil[this._crossing ? "addClass" : "removeClass"](this._path.getElement(), "lujian-crossing");
    },

    _fit: function (markers, count, make) {
      while (markers.length < count) markers.push(make());
      while (markers.length > count) this._map.removeLayer(markers.pop());
    },

    _newHandle: function (place, front) {
      return L.marker(place, { pane: "lujian-draw", icon: handleIcon(), draggable: true, autoPan: true, keyboard: true, zIndexOffset: front ? 1000 : 0 }).addTo(this._map);
    },

    _newCorner: function (place) { return this._asCorner(this._newHandle(place, true)); },

    _asCorner: function (marker) {
      var self = this;
      function at() { return self._corners.indexOf(marker); }
      marker.off("click").off("dragstart");
      marker.on("dragstart", function () { self._keep("move"); self._hold(marker, at()); });
      marker.on("drag", function () { self._moved(at(), marker.getLatLng()); });
      marker.on("dragend", function () { self._held = null; self._changed(); });
      marker.on("click", function () { self._select(at()); self._changed(); });
      marker.lujianKey = function (event) { self._cornerKey(event, at()); };
      L.DomEvent.on(marker.getElement(), "focus", function () {
        if (self._selected === at() || at() < 0) return;
        self._select(at());
        self._sync();
        self._tell();
      });
      return this._hearKeys(marker);
    },

    _newMiddle: function (place) {
      var self = this, marker = this._newHandle(place, false);
      function at() { return self._middles.indexOf(marker) + 1; }
      marker.on("click", function () { self._insert(at(), marker.getLatLng()); });
      // The handle under the finger becomes the corner: a touch ends with the element it began on.
      marker.on("dragstart", function () {
        var here = at();
        self._keep("insert");
        self._middles.splice(here - 1, 1);
        self._places.splice(here, 0, marker.getLatLng());
        self._corners.splice(here, 0, self._asCorner(marker));
        marker.setZIndexOffset(1000);
        self._hold(marker, here);
      });
      marker.lujianKey = function (event) {
        if (event.key !== "Enter" && event.key !== " ") return;
        var here = at();
        L.DomEvent.stop(event);
        self._insert(here, marker.getLatLng());
        self._corners[here].getElement().focus();
      };
      return this._hearKeys(marker);
    },

    /* Nothing else lies in the way of the finger that holds a corner. */
    _hold: function (marker, at) {
      this._held = marker;
      this._select(at);
      this._middles.forEach(function (middle) { middle.getElement().style.display = "none"; });
    },

    _hearKeys: function (marker) {
      if (!marker.lujianHears) L.DomEvent.on(marker.getElement(), "keydown", function (event) { marker.lujianKey(event); });
      marker.lujianHears = true;
      return marker;
    },

    _showCorner: function (marker, at) {
      var colour = this._crossing ? RED : BLUE, chosen = at === this._selected;
      paint(marker, { r: chosen ? 12 : 9, fill: chosen ? colour : "#fff", stroke: chosen ? "#fff" : colour, "stroke-width": 4 });
      say(marker, L.Util.template(this.options.words.corner || "Corner {n} of {total}", { n: at + 1, total: this._places.length }));
    },

    /* A handle half-way along each side that is long enough for three fingers beside each other. */
    _syncMiddles: function (area) {
      var self = this, map = this._map, places = this._places, count = places.length;
      var sides = area && count > 2 ? count : count - 1;
      this._fit(this._middles, Math.max(sides, 0), function () { return self._newMiddle(places[0]); });
      this._middles.forEach(function (marker, at) {
        var a = map.latLngToLayerPoint(places[at]), b = map.latLngToLayerPoint(places[(at + 1) % count]);
        marker.setLatLng(map.layerPointToLatLng(a.add(b).divideBy(2)));
        marker.getElement().style.display = a.distanceTo(b) < 2 * FINGER || count >= MOST_CORNERS ? "none" : "";
        paint(marker, { r: 6, fill: "#fff", stroke: self._crossing ? RED : BLUE, "stroke-width": 2, opacity: 0.9 });
        say(marker, self.options.words.middle || "Add a corner here");
      });
    },

    /* The tab key walks along the shape. */
    _putInOrder: function () {
      var wanted = [], focused = document.activeElement;
      for (var i = 0; i < this._corners.length; i++) wanted.push(this._corners[i], this._middles[i]);
      wanted = wanted.filter(Boolean).map(function (marker) { return marker.getElement(); });
      var moved = wanted.some(function (element, at) { return at > 0 && wanted[at - 1].nextElementSibling !== element; });
      if (!moved) return;
      wanted.forEach(function (element) { element.parentNode.appendChild(element); });
      if (focused !== document.activeElement && wanted.indexOf(focused) >= 0) focused.focus();
    },

    /* ---- fingers and keys ---- */

    _moved: function (at, place) {
      this._places[at] = place;
      this._sync();
      this._tell();
    },

    _cornerKey: function (event, at) {
      var arrow = ARROWS[event.key];
      if (event.key === "Delete" || event.key === "Backspace") {
        L.DomEvent.stop(event);
        this._removeAt(at);
      } else if (arrow) {
        L.DomEvent.stop(event);
        this._push(at, arrow, event.shiftKey ? LONG_STEP_M : STEP_M);
      }
    },

    _push: function (at, arrow, step_m) {
      var from = this._places[at], degrees = step_m / METRES_A_DEGREE;
      var to = L.latLng(from.lat + arrow[1] * degrees, from.lng + arrow[0] * degrees / Math.cos(from.lat * Math.PI / 180));
      this._keep("push " + at);
      this._select(at);
      this._places[at] = to;
      this._changed();
      if (!this._map.getBounds().contains(to)) this._map.panTo(to);
    }
  });

  L.lujian = L.lujian || {};
  L.lujian.draw = function (options) { return new Draw(options); };

  /* An area as an address writes it, "lon,lat lon,lat …" without the first corner again, and back. */
  L.lujian.areaText = function (shape) {
    if (!shape) return "";
    return shape.coordinates[0].slice(0, -1).map(function (at) { return at[0].toFixed(6) + "," + at[1].toFixed(6); }).join(" ");
  };
  L.lujian.areaShape = function (text) {
    var ring = text.trim().split(/\s+/).map(function (pair) { return pair.split(",").map(Number); });
    return { type: "Polygon", coordinates: [ring.concat([ring[0]])] };
  };
})();
