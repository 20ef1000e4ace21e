/* Placing the pin, or drawing a route or a plot. The map and the form around it talk through events
   on the window that holds the form: the map may stand in a frame of its own (Streamlit) or in the
   page itself. What lies where is decided by the server; the form asks it.

   The map says  lujian:placed {longitude, latitude, placed_by}    a tap, a drag, a key
                 lujian:shape  {shape, corners}                    a drawing changed
                 lujian:ready                                      the map listens
                 lujian:locate                                     its button for one's position
   The form says lujian:show   {longitude, latitude, accuracy_m, look} or {} to take the pin away
                 lujian:draw   {kind, shape}   point | still (a pin that taps do not move) | line | area
                 lujian:corner, lujian:undo, lujian:centre, lujian:refresh */
(function () {
  "use strict";

  var PIN = '<svg width="36" height="46" viewBox="0 0 36 46" aria-hidden="true">' +
    '<path d="M18 45C18 45 34 27 34 17A16 16 0 1 0 2 17C2 27 18 45 18 45Z" fill="#c62828" stroke="#fff" stroke-width="2"/>' +
    '<circle cx="18" cy="17" r="6" fill="#fff"/></svg>';
  var METRES_A_DEGREE = 111320;
  var STEP_M = 2, LONG_STEP_M = 20;
  var ARROWS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

  function moved(at, east_m, north_m) {
    var shrink = Math.cos(at.lat * Math.PI / 180);
    return L.latLng(at.lat + north_m / METRES_A_DEGREE, at.lng + east_m / (METRES_A_DEGREE * shrink));
  }

  function zoomFor(accuracy_m) {
    return accuracy_m > 400 ? 15 : accuracy_m > 120 ? 16 : accuracy_m > 50 ? 17 : 18;
  }

  var Place = L.Layer.extend({
    initialize: function (options) { L.setOptions(this, options); },

    onAdd: function (map) {
      this._bus = window.parent;
      this._kind = "point";
      window.lujianMap = map;
      this._crosshair = L.DomUtil.create("div", "lujian-crosshair", map.getContainer());
      this._crosshair.setAttribute("aria-hidden", "true");
      this._word = L.DomUtil.create("div", "lujian-word", map.getContainer());
      this._word.setAttribute("aria-hidden", "true");
      this._word.hidden = true;
      map.on("click", this._tap, this);
      map.on("lujian:shape", this._drawn, this);
      map.on("lujian:locate", function () { this._say("lujian:locate", {}); }, this);
      // What a popup says is read; the word of the last tap makes room.
      map.on("popupopen", function () { this._word.hidden = true; }, this);
      L.DomEvent.on(map.getContainer(), "keydown", this._key, this);
      this._hearing = {
        "lujian:show": this._show, "lujian:draw": this._draw, "lujian:corner": this._corner,
        "lujian:undo": this._undo, "lujian:centre": this._centre, "lujian:refresh": this._refresh,
        "lujian:nudge": this._nudge, "lujian:tell": this._tell
      };
      var self = this;
      Object.keys(this._hearing).forEach(function (name) {
        var act = self._hearing[name];
        self._hearing[name] = function (event) { act.call(self, event.detail || {}); };
        self._bus.addEventListener(name, self._hearing[name]);
      });
      window.addEventListener("pagehide", function () { self._stop(); });
      this._say("lujian:ready", {});
    },

    onRemove: function () { this._stop(); },

    _stop: function () {
      var self = this;
      Object.keys(this._hearing).forEach(function (name) { self._bus.removeEventListener(name, self._hearing[name]); });
    },

    _say: function (name, detail) {
      this._bus.dispatchEvent(new this._bus.CustomEvent(name, { detail: detail }));
    },

    _tap: function (event) { if (this._kind === "point") this._put(event.latlng, "tap"); },

    _key: function (event) {
      if (event.key !== "Enter" || event.target !== this._map.getContainer()) return;
      event.preventDefault();
      if (this._kind === "point") this._put(this._map.getCenter(), "tap"); else this._corner();
    },

    _centre: function () { this._put(this._map.getCenter(), "tap"); },

    /* The pin stands where a person put it until the form has heard from the server. */
    _put: function (at, how) {
      this._mark(at, null);
      this._say("lujian:placed", { longitude: at.lng, latitude: at.lat, placed_by: how });
    },

    /* The cross may lie over no name either. */
    _cross: function (hidden) {
      if (this._crosshair.hidden === hidden) return;
      this._crosshair.hidden = hidden;
      L.lujian.names(this._map).later();
    },

    _mark: function (at, accuracy_m) {
      var self = this, map = this._map;
      if (this._ring) { map.removeLayer(this._ring); this._ring = null; }
      if (!this._pin) {
        var icon = L.divIcon({ className: "lujian-drop", html: PIN, iconSize: [44, 50], iconAnchor: [22, 48] });
        var words = this.options.words;
        this._pin = L.marker(at, { pane: L.lujian.ownPane(map), icon: icon, draggable: true, autoPan: true, keyboard: true, zIndexOffset: 1000, title: words.pin, alt: words.pin }).addTo(map);
        this._pin.on("dragend", function () { self._put(self._pin.getLatLng(), "tap"); });
        L.DomEvent.on(this._pin.getElement(), "keydown", function (event) {
          var arrow = ARROWS[event.key];
          if (!arrow) return;
          L.DomEvent.stop(event);
          var step = event.shiftKey ? LONG_STEP_M : STEP_M;
          self._nudge({ east_m: arrow[0] * step, north_m: arrow[1] * step });
        });
        this._free = L.lujian.names(map).avoid(function () { return self._pin ? L.lujian.dropBox(map, self._pin.getLatLng()) : []; });
        if (words.legend) this._unlist = L.lujian.legend(map).add({ key: "own", order: 0, text: words.legend, swatch: L.lujian.swatch.drop });
      } else this._pin.setLatLng(at);
      L.lujian.names(map).later();
      if (accuracy_m) this._ring = L.circle(at, { radius: accuracy_m, color: "#1f6f8b", weight: 2, fillOpacity: 0.12, interactive: false }).addTo(map);
      this._cross(true);
    },

    _nudge: function (step) {
      if (!this._pin) return;
      var self = this, at = moved(this._pin.getLatLng(), step.east_m, step.north_m);
      this._mark(at, null);
      if (!this._map.getBounds().pad(-0.1).contains(at)) this._map.panTo(at);
      clearTimeout(this._later);
      this._later = setTimeout(function () {
        self._say("lujian:placed", { longitude: at.lng, latitude: at.lat, placed_by: "tap" });
      }, 250);
    },

    _show: function (told) {
      if (told.longitude === undefined) {
        if (this._pin) {
          this._map.removeLayer(this._pin);
          this._pin = null;
          this._free();
          if (this._unlist) this._unlist();
        }
        if (this._ring) { this._map.removeLayer(this._ring); this._ring = null; }
        this._cross(false);
        return;
      }
      // A zoom under way (a double tap) would end at its own place after ours: ours comes after it.
      if (this._map._animatingZoom) return void this._map.once("zoomend", function () { this._show(told); }, this);
      var at = L.latLng(told.latitude, told.longitude);
      if (this._kind === "point" || this._kind === "still") this._mark(at, told.accuracy_m);
      if (told.look) this._map.setView(at, Math.max(this._map.getZoom(), zoomFor(told.accuracy_m || 0)), { animate: false });
      else if (!this._map.getBounds().contains(at)) this._map.panTo(at);
    },

    _draw: function (told) {
      this._kind = told.kind;
      if (this._drawing) { this._drawing.destroy(); this._drawing = null; }
      this._cross(false);
      if (told.kind === "point" || told.kind === "still" || !L.lujian.draw) return;
      if (this._pin) this._show({});
      this._drawing = L.lujian.draw(Object.assign({ words: this.options.words }, { map: this._map }));
      if (told.shape) {
        this._drawing.set(told.shape);
        if (told.look) this._map.fitBounds(L.geoJSON(told.shape).getBounds().pad(0.3), { animate: false, maxZoom: 18 });
      } else this._drawing.start(told.kind);
    },

    _drawn: function (event) { this._say("lujian:shape", { shape: event.shape, corners: event.corners }); },
    _corner: function () { if (this._drawing) this._drawing.addAtCentre(); },
    _undo: function () { if (this._drawing) this._drawing.undo(); },

    /* A short word over the map; the form says the same to screen readers. */
    _tell: function (told) {
      clearTimeout(this._quiet);
      this._word.textContent = told.text;
      this._word.className = "lujian-word" + (told.bad ? " lujian-word-bad" : "");
      this._word.hidden = !told.text;
      var word = this._word;
      if (told.text) this._quiet = setTimeout(function () { word.hidden = true; }, told.bad ? 9000 : 5000);
    },

    _refresh: function () {
      this._map.eachLayer(function (layer) { if (layer.lujianRefresh) layer.lujianRefresh(); });
    }
  });

  L.lujian.place = function (options) { return new Place(options); };
})();
