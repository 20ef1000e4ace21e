/* LuJian's map layers for Leaflet. Each one is told an address and fetches what it shows, so that
   the page around the map stays small and constant. Text from people is put into the page as text
   (textContent), never as markup. */
(function () {
  "use strict";

  /* A redraw that was asked for before a map left the page can come after it: then there is nothing
     left to draw on. */
  var redraw = L.Canvas.prototype._redraw;
  L.Canvas.include({ _redraw: function () { if (this._ctx) redraw.call(this); } });

  function get(url, options) {
    return fetch(url, Object.assign({ credentials: "same-origin" }, options)).then(function (answer) {
      if (!answer.ok) throw new Error(url + ": " + answer.status);
      return answer.json();
    });
  }

  function element(tag, className, text) {
    var made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined && text !== null) made.textContent = text;
    return made;
  }

  function nameOf(properties, lang) {
    if (lang === "en") return properties.name_en || properties.name_zh || properties.name || "";
    return properties.name_zh || properties.name || properties.name_en || "";
  }

  /* ---- the place itself: outline, river, roads, railway, parks, communities ----------------- */

  var BY_DAY = {
    outline: { color: "#1f6f8b", weight: 3, dashArray: "9 6", fillColor: "#fbfaf6", fillOpacity: 1 },
    communities: { color: "#a89878", weight: 1.2, dashArray: "3 3", fillColor: "#f5f2e7", fillOpacity: 1 },
    parks: { color: "#9cc79a", weight: 1, fillColor: "#d5ebcf", fillOpacity: 1 },
    idle_plots: { color: "#b08d57", weight: 1.5, dashArray: "4 2", fillColor: "#f1dcb0", fillOpacity: 0.9 },
    river: { color: "#7fb6dc", weight: 2, fillColor: "#b3daf2", fillOpacity: 1 },
    railway: { color: "#6d6d6d", weight: 2, dashArray: "8 5", fill: false },
    metro: { color: "#7b6aa8", weight: 2, dashArray: "2 4", fill: false },
    expressway: { color: "#f0b060", casing: "#c57a1e", fill: false },
    main: { color: "#fff3c4", casing: "#cdbd86", fill: false },
    secondary: { color: "#ffffff", casing: "#cfc9b6", fill: false }
  };
  var BY_NIGHT = {
    outline: { color: "#7cc0da", weight: 3, dashArray: "9 6", fillColor: "#20282c", fillOpacity: 1 },
    communities: { color: "#7d776a", weight: 1.2, dashArray: "3 3", fillColor: "#252d30", fillOpacity: 1 },
    parks: { color: "#3d5c40", weight: 1, fillColor: "#26402b", fillOpacity: 1 },
    idle_plots: { color: "#a3875a", weight: 1.5, dashArray: "4 2", fillColor: "#4a3f2a", fillOpacity: 0.9 },
    river: { color: "#3b7294", weight: 2, fillColor: "#24475c", fillOpacity: 1 },
    railway: { color: "#8f989c", weight: 2, dashArray: "8 5", fill: false },
    metro: { color: "#9a8cc4", weight: 2, dashArray: "2 4", fill: false },
    expressway: { color: "#a5712f", casing: "#5f3f14", fill: false },
    main: { color: "#5c5740", casing: "#3b382a", fill: false },
    secondary: { color: "#444c50", casing: "#303639", fill: false }
  };
  var night = window.matchMedia && window.matchMedia("(prefers-color-scheme: dark)").matches;
  var LOOK = night ? BY_NIGHT : BY_DAY;
  var ROADS = ["expressway", "main", "secondary"];
  //: Pixels at zoom 13 and at zoom 18; a road grows in between as streets do.
  var WIDTHS = { expressway: [4.5, 18], main: [3, 15], secondary: [1.5, 10] };
  var ORDER = ["communities", "parks", "river", "idle_plots", "roads", "railway", "outline", "stations", "places", "bike_parking"];
  //: What a base map shows, too.
  var GROUND = ["parks", "river", "roads", "railway", "stations", "places"];
  /* Which names come first, from which zoom on, and whether they may lie over marks: by what a feature
     is, else by its layer. `sign`: from which zoom on its sign is shown; `dot`: the colour of a sign
     that is a dot. */
  var NAMES = {
    railway_station: { rank: 1, minZoom: 11, over: true, sign: 11, train: true },
    metro_station: { rank: 2, minZoom: 12, over: true, sign: 12, train: true },
    station_exit: { rank: 20, minZoom: 17, sign: 16, dot: "#1d3b66" },
    river: { rank: 3, minZoom: 12, over: true },
    expressway: { rank: 4, minZoom: 12, over: true },
    mall: { rank: 5, minZoom: 12.5, over: "rim", sign: 13, dot: "#8a4f9e" },
    communities: { rank: 8, minZoom: 12.5, over: "rim" },
    main: { rank: 9, minZoom: 14.5 },
    parks: { rank: 10, minZoom: 14.5 },
    hospital: { rank: 11, minZoom: 15, sign: 14.5, dot: "#b3261e" },
    library: { rank: 11, minZoom: 15, sign: 14.5, dot: "#3a6ea5" },
    office: { rank: 12, minZoom: 15, sign: 14.5, dot: "#5b6b73" },
    school: { rank: 12, minZoom: 15, sign: 14.5, dot: "#a05a2c" },
    care_home: { rank: 12, minZoom: 15, sign: 14.5, dot: "#3a6ea5" },
    secondary: { rank: 13, minZoom: 15.5 },
    railway: { rank: 14, minZoom: 14.5 },
    metro: { rank: 14, minZoom: 14.5 },
    bus_stop: { rank: 18, minZoom: 16.5, sign: 16, dot: "#1f6f8b" },
    idle_plots: { rank: 19, minZoom: 16.5 },
    bike_parking: { rank: 21, minZoom: 17.5, sign: 15.5 },
    stations: { rank: 6, minZoom: 13, sign: 13, train: true },
    places: { rank: 22, minZoom: 17, sign: 16.5, dot: "#8a8172" }
  };
  var TRAIN = "M8 3h8a3 3 0 0 1 3 3v9a3 3 0 0 1-3 3H8a3 3 0 0 1-3-3V6a3 3 0 0 1 3-3zM5 11h14M9 15h.01M15 15h.01M9 18l-3 3M15 18l3 3";
  //: What the legend says of a layer: its key among the words, and its place in the list.
  var LEGEND = { outline: 60, communities: 61, idle_plots: 31, parks: 41, river: 42, railway: 44, metro: 45, expressway: 46 };

  function ruleOf(feature, name) { return NAMES[feature.properties.kind] || NAMES[name]; }

  function roadWidth(kind, zoom) {
    var ends = WIDTHS[kind], share = Math.max(0, Math.min(1, (zoom - 13) / 5));
    return ends[0] * Math.pow(ends[1] / ends[0], share);
  }

  function flat(line) {
    while (line.length && Array.isArray(line[0])) line = line[0];
    return line;
  }

  var Base = L.LayerGroup.extend({
    initialize: function (options) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, options);
    },
    onAdd: function (map) {
      var self = this, words = this.options.words || {};
      ["lujian-ground", "lujian-signs"].forEach(function (name, at) {
        if (map.getPane(name)) return;
        map.createPane(name).style.zIndex = 210 + at;
        map.getPane(name).style.pointerEvents = "none";
        map.getPane(name).setAttribute("aria-hidden", "true");
      });
      if (this.options.large) document.documentElement.classList.add("lj-large");
      L.LayerGroup.prototype.onAdd.call(this, map);
      if (map.zoomControl) map.zoomControl.setPosition("topright");
      L.lujian.translated(map, words);
      L.lujian.tools({ words: words, locate: this.options.locate, full: this.options.full, fit: function () { self._fit(map); } }).addTo(map);
      L.control.scale({ imperial: false }).addTo(map);
      L.lujian.legend(map).control(words).addTo(map);
      // Before the pins, so that they are fetched once, for the view that is shown.
      map.invalidateSize();
      this._fit(map);
      this._keepFitting(map);
      get(this.options.url).then(function (data) { if (self._map) self._draw(data); })
        .catch(function (error) { console.warn("lujian base", error.message); });
    },
    onRemove: function (map) {
      if (this._watch) this._watch.disconnect();
      L.LayerGroup.prototype.onRemove.call(this, map);
    },
    /* The page around gives the map its height a moment later; until somebody looks elsewhere, the
       whole area is to be seen. */
    _keepFitting: function (map) {
      var self = this, whole = map.getCenter(), zoom = map.getZoom();
      function again() {
        // In pixels: Leaflet's own answer to a resize shifts the map by up to one.
        var untouched = map.getZoom() === zoom && map.project(map.getCenter()).distanceTo(map.project(whole)) < 4;
        map.invalidateSize({ pan: false });
        if (!untouched) return;
        self._fit(map);
        whole = map.getCenter();
        zoom = map.getZoom();
      }
      map.on("lujian:legend", again);
      if (!window.ResizeObserver) return;
      this._watch = new ResizeObserver(again);
      this._watch.observe(map.getContainer());
    },
    /* Look at the whole area; where the window is wider than it, beside the legend. */
    _fit: function (map) {
      map.fitBounds(this.options.bounds, { animate: false });
      var bounds = L.latLngBounds(this.options.bounds), legend = L.lujian.legend(map).width();
      var spare = map.getSize().x - (map.project(bounds.getSouthEast()).x - map.project(bounds.getNorthWest()).x);
      if (legend && spare > 8) map.setView(map.unproject(map.project(map.getCenter()).subtract([Math.min(spare - 8, legend) / 2, 0])), map.getZoom(), { animate: false });
    },
    _draw: function (data) {
      var self = this;
      this._renderer = L.canvas({ pane: "lujian-ground", padding: 0.3 });
      this._signs = [];
      this._styles = data.styles || {};
      this._ownEntries();
      if (data.outline && !this.options.over) this._inside(data.outline);
      ORDER.forEach(function (name) {
        if (!data[name] || !data[name].features.length || (self.options.over && self._isBelow(name, data))) return;
        if (name === "roads") self._roads(data[name]);
        else if (["stations", "places", "bike_parking"].indexOf(name) >= 0) self._points(name, data[name]);
        else self._shapes(name, data[name]);
      });
      this._map.on("zoomend", this._showSigns, this);
      this._showSigns();
      if (this.options.switches) this._switches();
      this._source(data);
      L.lujian.where(this._map, data, this.options);
      this._map.fire("lujian:ground");
    },
    /* A base map shows the same as our sketches of the ground do, and better; what the office loaded stays. */
    _isBelow: function (name, data) {
      return GROUND.indexOf(name) >= 0 && (data.loaded || []).indexOf(name) < 0;
    },
    _entry: function (key, order, swatch, shown) {
      var self = this, text = (this.options.words || {})[key], entry = { key: key, order: order, text: text, swatch: swatch, shown: shown };
      if (this.options.switches && key === "bike_parking") {
        entry.on = true;
        entry.set = function (on) { self._without = on ? "" : "bike_parking"; self._showSigns(); };
      }
      if (text) L.lujian.legend(this._map).add(entry);
    },
    /* On a map with room for it: names on and off. */
    _switches: function () {
      var map = this._map;
      L.lujian.legend(map).add({
        key: "names", order: 70, text: this.options.words.names, on: true,
        swatch: function () { var one = element("i", "lujian-swatch lujian-swatch-name", "Aa"); one.setAttribute("aria-hidden", "true"); return one; },
        set: function (on) { L.lujian.names(map).show(on); }
      });
    },
    _name: function (feature, layer, name) {
      // Its sign says that it is a station; its colour that it is a community.
      var text = nameOf(feature.properties, this.options.lang).replace(/社区$| Metro Station$/, ""), rule = ruleOf(feature, name), at = feature.properties.label_at;
      if (!text || !rule) return;
      var named = Object.assign({}, rule, { text: text, kind: name });
      if (name === "roads" || name === "railway") named.kind = feature.properties.kind === "expressway" ? "expressway" : name;
      if (layer instanceof L.Polygon) {
        named.ring = flat(layer.getLatLngs());
        named.at = at ? L.latLng(at[1], at[0]) : null;
        if (name === "river") named = Object.assign(named, { line: middleLine(named.ring), ring: null });
      } else if (layer instanceof L.Polyline) named.line = flat(layer.getLatLngs());
      else named.at = layer.getLatLng();
      L.lujian.names(this._map).add(named);
    },
    /* The ground of the whole area; its border is drawn over what crosses it. */
    _inside: function (data) {
      this.addLayer(L.geoJSON(data, { pane: "lujian-ground", renderer: this._renderer, interactive: false, style: Object.assign({}, LOOK.outline, { stroke: false, interactive: false }) }));
    },
    _shapes: function (name, data) {
      var self = this, kinds = {};
      var group = L.geoJSON(data, {
        pane: "lujian-ground", renderer: this._renderer, interactive: false,
        style: function (feature) { return Object.assign({ interactive: false }, self._look(feature, name), name === "outline" ? { fill: false } : {}); },
        pointToLayer: function (feature, at) { return L.circleMarker(at, { pane: "lujian-ground", renderer: self._renderer, interactive: false, radius: 4 }); },
        onEachFeature: function (feature, layer) {
          if (!self._own(feature)) kinds[LEGEND[feature.properties.kind] ? feature.properties.kind : name] = true;
          if (name !== "outline") self._name(feature, layer, name);
        }
      });
      this.addLayer(group);
      Object.keys(kinds).forEach(function (kind) {
        var look = LOOK[kind] || LOOK[name], line = look.fill === false;
        self._entry(kind, LEGEND[kind] || 50, function () { return line ? L.lujian.swatch.line(look) : L.lujian.swatch.area(look); });
      });
    },
    /* A layer that the office loaded and gave colours has its own. */
    _look: function (feature, name) {
      var look = LOOK[feature.properties.kind] || LOOK[name] || LOOK.secondary, own = this._own(feature);
      if (this.options.over && name === "communities") look = Object.assign({}, look, { weight: 1.5, fillOpacity: 0 });
      return own ? Object.assign({}, look, { dashArray: null }, drawnLook(own, feature.properties.drawn, /LineString/.test(feature.geometry.type))) : look;
    },
    _own: function (feature) { return this._styles && this._styles[feature.properties.drawn_as]; },
    /* What the legend says of the layers that the office gave colours. */
    _ownEntries: function () {
      var legend = L.lujian.legend(this._map), styles = this._styles, lang = this.options.lang;
      Object.keys(styles).forEach(function (key, number) {
        var style = styles[key], title = nameOf({ name_zh: style.zh, name_en: style.en }, lang), many = style.kind !== "single";
        style.entries.forEach(function (entry, at) {
          legend.add({ key: "own-" + key + "-" + at, order: 33 + number / 10 + at / 1000, text: many ? title + (style.kind === "classes" ? " " : ": ") + entry[0] : title,
            swatch: function () { return ownSwatch(style, entry[1]); } });
        });
      });
    },
    /* A road is drawn twice: its edge, and the road; as wide as it looks at this zoom. */
    _roads: function (data) {
      var self = this, map = this._map, drawn = [], kinds = {};
      function kind(feature) { return WIDTHS[feature.properties.kind] ? feature.properties.kind : "secondary"; }
      ["casing", "color"].forEach(function (part) {
        self.addLayer(L.geoJSON(data, {
          pane: "lujian-ground", renderer: self._renderer, interactive: false,
          filter: function (feature) { return feature.geometry.type.indexOf("Line") >= 0; },
          style: function (feature) { return { color: part === "color" && self._own(feature) ? feature.properties.drawn : LOOK[kind(feature)][part], fill: false, interactive: false }; },
          onEachFeature: function (feature, layer) {
            drawn.push([layer, kind(feature), part === "casing" ? 2 : 0, self._own(feature)]);
            if (!self._own(feature)) kinds[kind(feature)] = true;
            if (part === "color") self._name(feature, layer, "roads");
          }
        }));
      });
      function widen() {
        drawn.forEach(function (one) { one[0].setStyle({ weight: (one[3] ? one[3].line_px : roadWidth(one[1], map.getZoom())) + one[2] }); });
      }
      map.on("zoomend", widen);
      widen();
      ROADS.forEach(function (name) {
        if (kinds[name] && LEGEND[name]) self._entry(name, LEGEND[name], function () { return L.lujian.swatch.line(Object.assign({ weight: 5 }, LOOK[name])); });
      });
    },
    _points: function (name, data) {
      var self = this, lowest = { train: 99, dot: 99, bike_parking: 99 };
      L.geoJSON(data, {
        pointToLayer: function (feature, at) {
          var rule = ruleOf(feature, name), kind = rule.train ? "train" : rule.dot ? "dot" : "bike_parking";
          var own = self._own(feature);
          if (!own) lowest[kind] = Math.min(lowest[kind], rule.sign);
          var sign = own ? self._ownDot(at, own, feature.properties.drawn) : kind === "dot" ? self._dot(at, rule.dot) : self._sign(at, kind);
          self._signs.push([sign, rule.sign, name]);
          self._name(feature, { getLatLng: function () { return at; } }, name);
          return null;
        }
      });
      Object.keys(lowest).forEach(function (kind) {
        if (lowest[kind] > 30) return;
        var swatch = kind === "dot" ? function () { return L.lujian.swatch.dot({ color: "#fff", fillColor: "#8a4f9e" }); } : function () { return L.lujian.swatch.sign(signOf(kind)); };
        self._entry({ train: "stations", dot: "places", bike_parking: "bike_parking" }[kind], { train: 32, dot: 40, bike_parking: 30 }[kind], swatch,
          function () { return self._map && self._map.getZoom() >= lowest[kind]; });
      });
    },
    _dot: function (at, color) {
      return L.circleMarker(at, { pane: "lujian-ground", renderer: this._renderer, interactive: false, radius: 4, color: night ? "#20282c" : "#fff", weight: 1.5, fillColor: color, fillOpacity: 1 });
    },
    _ownDot: function (at, own, color) {
      return L.circleMarker(at, Object.assign({ pane: "lujian-ground", renderer: this._renderer, interactive: false }, drawnPoint(own, color)));
    },
    _sign: function (at, kind) {
      var icon = L.divIcon({ className: "lujian-sign lujian-sign-" + kind, iconSize: [18, 18], html: signOf(kind) });
      return L.marker(at, { pane: "lujian-signs", interactive: false, keyboard: false, icon: icon });
    },
    _showSigns: function () {
      var self = this, zoom = this._map.getZoom();
      this._signs.forEach(function (one) {
        var wanted = zoom >= one[1] && one[2] !== self._without;
        if (wanted !== self.hasLayer(one[0])) self[wanted ? "addLayer" : "removeLayer"](one[0]);
      });
    },
    /* Where what is drawn comes from, of when, and what one may do with it. */
    _source: function (data) {
      var map = this._map, words = this.options.words || {}, told = data.sources || {};
      if (!map.attributionControl) map.attributionControl = L.control.attribution().addTo(map);
      map.attributionControl.setPrefix(false);
      var said = [data.schematic ? words.note : "", told.edition ? (words.edition || "").replace("{name}", told.edition) : "", told.licence && !this.options.over ? (words.drawn || "").replace("{licence}", told.licence) : ""];
      var lang = this.options.lang;
      (told.layers || []).forEach(function (one) { said.push([nameOf({ name_zh: one.zh, name_en: one.en }, lang), one.source, one.day].filter(Boolean).join(", ")); });
      said = said.filter(Boolean);
      if (said.length) L.lujian.legend(map).source(said.join(" · "));
      // Leaflet takes markup here; what offices typed is text. On a narrow map the legend says the rest.
      var line = said.slice(0, map.getSize().x < 480 ? 1 : 9).map(function (one) { return element("i", "", one).innerHTML; }).join(" · ");
      if (line) map.attributionControl.addAttribution(line);
      L.lujian.names(map).later();
    }
  });

  /* How areas, lines and points of a layer are drawn in a style of the office (layers/styles.py). */
  function drawnLook(style, color, line) {
    return { color: line ? color : style.outline || color, weight: line ? style.line_px : style.outline_px, fillColor: color, fillOpacity: style.fill_opacity };
  }
  function ownSwatch(style, color) {
    if (["roads", "railway"].indexOf(style.use) >= 0) return L.lujian.swatch.line({ color: color, weight: Math.min(style.line_px, 6) });
    if (["stations", "places", "bike_parking"].indexOf(style.use) >= 0) return L.lujian.swatch.dot({ color: "#fff", fillColor: color, radius: 6 });
    return L.lujian.swatch.area({ color: style.outline || color, weight: Math.min(style.outline_px, 2.5), fillColor: color, fillOpacity: Math.max(style.fill_opacity, 0.3) });
  }
  function drawnPoint(style, color) {
    return { radius: style.point_px / 2, color: style.stroke, weight: style.stroke_px, fillColor: color, fillOpacity: 0.95 };
  }

  /* The middle line of a long narrow shape, as a river's: half-way between its two sides. */
  function middleLine(ring) {
    var lng = ring.map(function (p) { return p.lng; }), lat = ring.map(function (p) { return p.lat; });
    var tall = (Math.max.apply(null, lat) - Math.min.apply(null, lat)) * 1.3 > Math.max.apply(null, lng) - Math.min.apply(null, lng);
    var along = tall ? lat : lng, across = tall ? lng : lat, count = ring.length, found = [], steps = 24;
    var first = along.indexOf(Math.min.apply(null, along)), last = along.indexOf(Math.max.apply(null, along));
    function side(from, to) {
      var places = [], i = from;
      for (;;) { places.push(i); if (i === to) return places; i = (i + 1) % count; }
    }
    function at(places, value) {
      for (var i = 1; i < places.length; i++) {
        var a = places[i - 1], b = places[i];
        if ((along[a] - value) * (along[b] - value) <= 0 && along[a] !== along[b]) return across[a] + (across[b] - across[a]) * (value - along[a]) / (along[b] - along[a]);
      }
      return across[places[0]];
    }
    var one = side(first, last), other = side(last, first);
    for (var k = 0; k <= steps; k++) {
      var value = along[first] + (along[last] - along[first]) * k / steps, middle = (at(one, value) + at(other, value)) / 2;
      found.push(tall ? L.latLng(value, middle) : L.latLng(middle, value));
    }
    return found;
  }

  function signOf(kind) {
    if (kind === "bike_parking") return element("span", "", "P");
    var holder = element("span");
    holder.appendChild(sign(TRAIN));
    return holder;
  }

  /* A category's sign, drawn on a 24 × 24 grid. */
  function sign(path) {
    var space = "http://www.w3.org/2000/svg";
    var svg = document.createElementNS(space, "svg"), line = document.createElementNS(space, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    line.setAttribute("d", path || "");
    svg.appendChild(line);
    return svg;
  }

  /* The sign of a proposal: what somebody says, pointing at its place. `bubble` is its outline on a
     36 × 40 grid. */
  function bubble(outline, look) {
    var svg = sign(look.sign), icon = svg.firstChild, back = icon.cloneNode();
    svg.setAttribute("viewBox", "0 0 36 40");
    svg.setAttribute("class", "lujian-bubble");
    back.setAttribute("d", outline || "");
    back.setAttribute("fill", look.color || "#1f6f8b");
    back.setAttribute("class", "lujian-back");
    icon.setAttribute("transform", "translate(18 16.5) scale(.82) translate(-12 -12)");
    svg.insertBefore(back, icon);
    return svg;
  }

  /* ---- where a place on the map is, in words ------------------------------------------------- */

  var NEAR_M = 220;

  function holds(ring, at) {
    for (var i = 0, j = ring.length - 1, odd = false; i < ring.length; j = i++) {
      var a = ring[i], b = ring[j];
      if ((a[1] > at.lat) !== (b[1] > at.lat) && at.lng < (b[0] - a[0]) * (at.lat - a[1]) / (b[1] - a[1]) + a[0]) odd = !odd;
    }
    return odd;
  }

  function polygons(geometry) { return geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : []; }

  /* Let the map say what is near a place: a station, a shop, a stop, and the community. */
  function where(map, data, options) {
    var words = options.words || {}, lang = options.lang, places = [];
    ["stations", "places"].forEach(function (name) {
      ((data[name] || {}).features || []).forEach(function (feature) {
        var at = feature.geometry.coordinates, rule = ruleOf(feature, name);
        if (feature.geometry.type === "Point") places.push({ at: L.latLng(at[1], at[0]), text: nameOf(feature.properties, lang), less: rule.rank > 15 ? 80 : 0 });
      });
    });
    map.lujianWhere = function (at) {
      var best = null, least = NEAR_M, said = [];
      places.forEach(function (place) {
        var away = map.distance(at, place.at) + place.less;
        if (place.text && away < least) { least = away; best = place.text; }
      });
      if (best) said.push((words.near || "{place}").replace("{place}", best));
      var community = ((data.communities || {}).features || []).filter(function (feature) {
        return polygons(feature.geometry).some(function (rings) { return holds(rings[0], at); });
      })[0];
      if (community) said.push(nameOf(community.properties, lang));
      return said.join(words.between || ", ");
    };
  }

  /* ---- proposals: clusters and pins, tile by tile ------------------------------------------- */

  var FINGER = 44;

  var Pins = L.GridLayer.extend({
    options: { tileSize: 512, minZoom: 3, maxZoom: 20, updateWhenIdle: true, keepBuffer: 1, url: "", colors: {}, words: {}, link: "" },
    onAdd: function (map) {
      var self = this;
      this._marks = L.layerGroup().addTo(map);
      this._byTile = {};
      this.on("tileunload", this._forget, this);
      L.GridLayer.prototype.onAdd.call(this, map);
      map.on("lujian:ground", this._nameMarks, this);
      this._ends = [L.lujian.names(map).avoid(function () { return self._boxes(); })].concat(this._legend(map));
    },
    onRemove: function (map) {
      L.GridLayer.prototype.onRemove.call(this, map);
      this.off("tileunload", this._forget, this);
      map.off("lujian:ground", this._nameMarks, this);
      this._ends.forEach(function (end) { end(); });
      map.removeLayer(this._marks);
    },
    _legend: function (map) {
      var o = this.options, keys = Object.keys(o.colors), legend = L.lujian.legend(map);
      if (!o.words.legend) return [];
      return keys.map(function (key, at) {
        var look = o.colors[key];
        return legend.add({ key: "pin-" + key, order: 1 + at / 100, text: o.words.legend.replace("{category}", look.name), swatch: function () { return L.lujian.swatch.sign(bubble(o.bubble, look)); } });
      }).concat(legend.add({ key: "cluster", order: 2, text: o.words.legend_cluster, swatch: function () { return L.lujian.swatch.cluster("12"); } }));
    },
    /* Seen or not, they stay where they are. */
    show: function (on) {
      var pane = this._map.getPane(this.options.marks || "markerPane");
      pane.style.display = on ? "" : "none";
    },
    /* The marks as boxes of the map, in pixels: their middle is what must be read. */
    _boxes: function () {
      var map = this._map, size = map.getSize(), found = [];
      this._marks.eachLayer(function (mark) {
        var p = map.latLngToContainerPoint(mark.getLatLng()), half = mark.lujianSize / 2;
        if (p.x < -40 || p.y < -40 || p.x > size.x + 40 || p.y > size.y + 40) return;
        if (mark.lujianCount) {
          found.push({ left: p.x - half, top: p.y - half, right: p.x + half, bottom: p.y + half });
          found.push({ left: p.x - half * 0.7, top: p.y - 8, right: p.x + half * 0.7, bottom: p.y + 8, firm: true });
        } else found.push({ left: p.x - 15, top: p.y - 37, right: p.x + 15, bottom: p.y }, { left: p.x - 9, top: p.y - 32, right: p.x + 9, bottom: p.y - 12, firm: true });
      });
      return found;
    },
    /* Say of each mark what it is and where, for those who do not see the map. */
    _nameMarks: function () {
      var self = this;
      this._marks.eachLayer(function (mark) { self._nameMark(mark); });
    },
    _nameMark: function (mark) {
      var words = this.options.words, box = mark.getElement(), at = mark.getLatLng();
      if (!box) return;
      var place = this._map.lujianWhere ? this._map.lujianWhere(at) : "";
      var what = mark.lujianCount ? (words.cluster || "{n}").replace("{n}", mark.lujianCount) : mark.lujianName;
      var said = [what, place].filter(Boolean).join(words.between || ", ");
      if (mark.lujianCount) said = (words.cluster_opens || "{what}").replace("{what}", said);
      box.setAttribute("aria-label", said);
      box.title = said;
    },
    createTile: function (coords, done) {
      var tile = element("div");
      this._load(coords, tile, done);
      return tile;
    },
    /* Fetch the tiles in view again: something has been filed. */
    lujianRefresh: function () {
      var self = this;
      Object.keys(this._tiles || {}).forEach(function (key) {
        self._load(self._tiles[key].coords, self._tiles[key].el, function () {});
      });
    },
    _load: function (coords, tile, done) {
      var self = this, key = this._tileCoordsToKey(coords);
      // A 512 px tile of Leaflet's zoom z is the standard tile of zoom z - 1.
      var url = L.Util.template(this.options.url, { z: coords.z - 1, x: coords.x, y: coords.y });
      get(url, { cache: "no-cache" }).then(function (data) {
        if (self._map && self._tiles[key] && self._tiles[key].el === tile) self._show(key, data);
        done(null, tile);
      }).catch(function (error) {
        console.warn("lujian pins", error.message);
        done(error, tile);
      });
    },
    _forget: function (event) {
      var key = this._tileCoordsToKey(event.coords), self = this;
      (this._byTile[key] || []).forEach(function (mark) { self._marks.removeLayer(mark); });
      delete this._byTile[key];
    },
    _show: function (key, data) {
      var self = this;
      this._forget({ coords: this._keyToTileCoords(key) });
      this._byTile[key] = data.clusters.map(function (c) { return self._cluster(c); })
        .concat(data.pins.map(function (p) { return self._pin(p); }));
      this._byTile[key].forEach(function (mark) { self._marks.addLayer(mark); self._nameMark(mark); });
      L.lujian.names(this._map).later();
    },
    _cluster: function (c) {
      var self = this, count = c[2];
      var size = count < 10 ? 28 : count < 100 ? 34 : count < 1000 ? 40 : 46;
      var text = count < 10000 ? String(count) : Math.round(count / 1000) + "k";
      var mark = L.marker([c[1], c[0]], {
        pane: this.options.marks || "markerPane",
        icon: L.divIcon({ className: "lujian-cluster lujian-cluster-" + size, iconSize: [Math.max(size, FINGER), Math.max(size, FINGER)], html: element("span", "", text) })
      });
      mark.lujianCount = count;
      mark.lujianSize = size;
      return mark.on("click", function () {
        var map = self._map;
        if (map.getZoom() < Math.min(map.getMaxZoom(), 19)) map.setView(mark.getLatLng(), Math.min(map.getZoom() + 2, 19));
        else self._list(mark);
      });
    },
    _pin: function (p) {
      var self = this, id = p[2];
      var look = this.options.colors[p[3]] || {};
      var mark = L.marker([p[1], p[0]], {
        pane: this.options.marks || "markerPane",
        icon: L.divIcon({ className: "lujian-pin", iconSize: [FINGER, FINGER], iconAnchor: [FINGER / 2, 41], popupAnchor: [0, -32], html: bubble(this.options.bubble, look) })
      });
      mark.lujianName = look.name || "";
      return mark.on("click", function () {
        var url = L.Util.template(self.options.proposal, { id: encodeURIComponent(id) });
        self._popup(mark, function () { return get(url).then(function (one) { return { proposals: [one], total: 1, next: 1 }; }); });
      });
    },
    _list: function (mark) {
      var at = mark.getLatLng(), reach = 0.00025;
      var query = (this.options.box.indexOf("?") < 0 ? "?" : "&") + "west=" + (at.lng - reach) + "&east=" + (at.lng + reach) + "&south=" + (at.lat - reach) + "&north=" + (at.lat + reach);
      var address = this.options.box + query;
      this._popup(mark, function (start) { return get(address + "&start=" + start); });
    },
    /* What lies under a mark, a page at a time: all of it can be read. */
    _popup: function (mark, page) {
      var self = this, words = this.options.words, box = element("div", "lujian-popup", words.loading || "…");
      // Beside the zoom buttons, which would lie over its close button.
      var width = Math.max(150, Math.min(260, this._map.getSize().x - 130));
      var left = this._map.getSize().x > 640 ? L.lujian.legend(this._map).width() : 0;
      var popup = L.popup({ maxWidth: width, minWidth: Math.min(180, width), maxHeight: 220, offset: mark.lujianCount ? [0, -8] : [0, -30], autoPanPaddingTopLeft: [12 + left, 12], autoPanPaddingBottomRight: [66, 12] })
        .setLatLng(mark.getLatLng()).setContent(box).openOn(this._map);
      function show(data) {
        if (!box.querySelector("section")) {
          box.textContent = "";
          if (data.total > 1) box.appendChild(element("p", "lujian-how-many", (words.cluster || "{n}").replace("{n}", data.total)));
        }
        data.proposals.forEach(function (one) { box.appendChild(self._card(one)); });
        if (data.next < data.total) box.appendChild(more(data));
        popup.update();
      }
      function more(data) {
        var button = element("button", "lujian-more", (words.more || "{shown}/{total}").replace("{shown}", data.next).replace("{total}", data.total));
        button.type = "button";
        L.DomEvent.on(button, "click", function (event) {
          L.DomEvent.stop(event);
          button.disabled = true;
          page(data.next).then(function (next) {
            var last = button.previousSibling;
            button.remove();
            show(next);
            var link = last.nextSibling && last.nextSibling.querySelector("a");
            if (link) link.focus({ preventScroll: true });
          }).catch(function () { button.disabled = false; });
        });
        return button;
      }
      page(0).then(show).catch(function () { box.textContent = words.failed || ""; });
    },
    _card: function (one) {
      var card = element("section"), look = this.options.colors[one.category] || {};
      var state = (this.options.states || {})[one.status];
      card.appendChild(element("strong", "", (look.name || "") + (state ? " · " + state : "")));
      card.appendChild(element("p", "", one.text));
      var place = this.options.lang === "en" ? one.community_name_en || one.community_name : one.community_name;
      var foot = (place ? place + " · " : "") + (this.options.words.supports || "{n}").replace("{n}", one.supports);
      card.appendChild(element("small", "", foot));
      if (this.options.link) {
        var link = element("a", "", this.options.words.open || "");
        link.href = (state ? this.options.desk : this.options.link) + encodeURIComponent(one.id);
        link.target = "_blank";
        link.rel = "noopener";
        card.appendChild(link);
      }
      return card;
    }
  });

  /* ---- the pin being placed ------------------------------------------------------------------ */

  var DROP = '<svg width="36" height="46" viewBox="0 0 36 46" aria-hidden="true">' +
    '<path d="M18 45C18 45 34 27 34 17A16 16 0 1 0 2 17C2 27 18 45 18 45Z" fill="#c62828" stroke="#fff" stroke-width="2"/>' +
    '<circle cx="18" cy="17" r="6" fill="#fff"/></svg>';

  function drop(options) {
    var at = [options.latitude, options.longitude], group = L.layerGroup();
    var icon = L.divIcon({ className: "lujian-drop", html: DROP, iconSize: [36, 46], iconAnchor: [18, 45] });
    L.marker(at, { icon: icon, interactive: false, keyboard: false, pane: options.pane || "markerPane" }).addTo(group);
    return group;
  }

  /* The pane of the one pin that a page is about: above names and other marks. */
  function ownPane(map) {
    if (!map.getPane("lujian-own")) map.createPane("lujian-own").style.zIndex = 640;
    return "lujian-own";
  }

  /* The one pin as boxes that no name may lie over. */
  function dropBox(map, at) {
    var p = map.latLngToContainerPoint(at);
    return [{ left: p.x - 18, top: p.y - 46, right: p.x + 18, bottom: p.y, firm: true }];
  }

  /* ---- polygons with numbers: communities and hotspots -------------------------------------- */

  function classOf(value, breaks) {
    for (var i = 0; i < breaks.length; i++) if (value <= breaks[i]) return i;
    return breaks.length - 1;
  }

  /* Upper bounds of as many classes of about the same number. */
  function quantiles(values, classes) {
    var sorted = values.filter(function (v) { return v !== null && v !== undefined; }).sort(function (a, b) { return a - b; }), found = [];
    for (var i = 1; i <= classes && sorted.length; i++) found.push(sorted[Math.ceil(sorted.length * i / classes) - 1]);
    return found.filter(function (v, at) { return v !== found[at - 1]; });
  }

  /* Stripes in a colour, for what is worked out from few: a fill that SVG finds by its name. */
  function hatch(color) {
    var name = "lujian-few-" + color.replace("#", "");
    if (!document.getElementById(name)) {
      var holder = document.createElement("div");
      holder.innerHTML = '<svg width="0" height="0" aria-hidden="true"><defs><pattern id="' + name +
        '" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" fill="#fff" fill-opacity=".35"/>' +
        '<rect width="4" height="8" fill="' + color + '"/></pattern></defs></svg>';
      holder.firstChild.style.position = "absolute";
      document.body.appendChild(holder.firstChild);
    }
    return "url(#" + name + ")";
  }

  /* As wording/formatting.py does: never 0 % for some, nor 100 % for not all. */
  function percent(share) {
    if (share > 0 && share < 0.001) return "<0.1%";
    if (share >= 0.995 && share < 1) return ">99%";
    return (share < 0.01 ? Math.round(share * 1000) / 10 : Math.round(share * 100)) + "%";
  }

  /* A hotspot by rank and name, with how many lie on one point where that is worth a mark. */
  function hotspotSaid(p, o) {
    var name = nameOf({ name_zh: p.name, name_en: p.name_en }, o.lang), words = o.words;
    var said = (name && words.named ? words.named : words.hotspot).replace("{rank}", p.rank).replace("{name}", name).replace("{n}", p.proposals).replace("{people}", p.people);
    if (p.on_one_point && words.one_point) said += " · " + words.one_point.replace("{n}", p.largest_shared_point);
    return words.verdicts && "verdict" in p ? said + " · " + verdictSaid(p, words.verdicts) : said;
  }

  /* As wording/hotspots.py does: whether it is more than chance, and by how much. */
  function verdictSaid(p, verdicts) {
    var said = verdicts[p.verdict || ""];
    if (said.indexOf("{x}") >= 0 && p.effect === null) return verdicts.unknown;
    return said.replace("{x}", p.effect === null ? "" : p.effect.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }));
  }

  /* While the server works out which hotspots are more than chance, it is asked again so often. */
  var AGAIN_MS = 3000;

  /* Judged, and not found to be more than chance: drawn dashed. */
  function isDoubtful(p) { return !!p.verdict && p.verdict !== "significant"; }

  var Areas = L.LayerGroup.extend({
    initialize: function (options) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, options);
    },
    onAdd: function (map) {
      var self = this, pane = this.options.pane || "lujian-areas-" + this.options.kind;
      if (!map.getPane(pane)) map.createPane(pane).style.zIndex = this.options.kind === "hotspots" ? 420 : 405;
      L.LayerGroup.prototype.onAdd.call(this, map);
      this._named = [];
      this._ends = this._legend(map);
      this._fetch(function (data) { self._draw(data, pane); });
    },
    _fetch: function (draw) {
      var self = this;
      get(this.options.url).then(function (data) {
        if (!self._map) return;
        draw(data);
        if (data.verdicts === "computing") setTimeout(function () { if (self._map) self._fetch(function (told) { self._judge(told); }); }, AGAIN_MS);
      }).catch(function (error) { console.warn("lujian areas", error.message); });
    },
    /* The same hotspots once more, with what can be said of each. */
    _judge: function (data) {
      var self = this, told = {};
      data.features.forEach(function (one) { told[one.properties.hotspot_id] = one.properties; });
      this._shapes.eachLayer(function (layer) {
        var p = told[layer.feature.properties.hotspot_id];
        if (!p) return;
        layer.feature.properties = p;
        layer.setStyle(self._style(p)).setTooltipContent(element("span", "", hotspotSaid(p, self.options)));
      });
      this._doubts(data);
    },
    /* The legend has the dashed line where any hotspot has it. */
    _doubts: function (data) {
      var words = this.options.words, some = data.features.some(function (one) { return isDoubtful(one.properties); });
      if (some && words && words.doubtful) this._ends.push(L.lujian.legend(this._map).add({ key: "hotspots-doubtful", order: 20.5, text: words.doubtful, swatch: L.lujian.swatch.doubtful }));
    },
    onRemove: function (map) {
      var names = L.lujian.names(map);
      this._named.forEach(function (name) { names.remove(name); });
      this._ends.forEach(function (end) { end(); });
      L.LayerGroup.prototype.onRemove.call(this, map);
    },
    _legend: function (map) {
      var o = this.options, hot = o.kind === "hotspots";
      if (!(o.words && o.words.legend)) return [];
      var swatch = hot ? L.lujian.swatch.rank : function () { return L.lujian.swatch.classes(o.colors); };
      return [L.lujian.legend(map).add({ key: o.kind === "communities" ? "measure" : o.kind, order: hot ? 20 : 21, text: o.words.legend, swatch: swatch })];
    },
    _style: function (properties) {
      var o = this.options;
      if (o.kind === "hotspots") {
        var chosen = properties.hotspot_id === o.chosen;
        var doubtful = isDoubtful(properties);
        return { color: chosen ? "#7a0019" : "#b3261e", weight: chosen ? 4 : doubtful ? 1.5 : 2.5, dashArray: doubtful ? "5 4" : null, fillColor: "#e4572e", fillOpacity: chosen ? 0.35 : doubtful ? 0.06 : 0.22 };
      }
      // Outside the part that is looked at: nothing is known there, so no class and no stripes.
      if (o.outside && o.outside.indexOf(properties.code) >= 0) return { color: "#8a8172", weight: 1, dashArray: "2 4", fillColor: "#9aa3a8", fillOpacity: 0.45 };
      var value = properties[o.property];
      if (value === null || value === undefined) return { color: "#8a8172", weight: 1, fillColor: "#bbbbbb", fillOpacity: 0.35 };
      var color = o.colors[classOf(value, o.breaks)];
      if (properties.proposals < o.few) return { color: "#8a8172", weight: 1, fillColor: hatch(color), fillOpacity: 0.9 };
      return { color: "#8a8172", weight: 1, fillColor: color, fillOpacity: 0.62 };
    },
    _draw: function (data, pane) {
      var self = this, o = this.options;
      if (o.colors && !o.breaks) o.breaks = quantiles(data.features.map(function (one) { return one.properties[o.property]; }), o.colors.length);
      this._shapes = L.geoJSON(data, {
        pane: pane,
        // SVG, not canvas: a canvas of the upper pane would take the mouse from the lower one.
        renderer: L.svg({ pane: pane }),
        style: function (feature) { return self._style(feature.properties); },
        onEachFeature: function (feature, layer) {
          var p = feature.properties;
          if (o.kind === "hotspots") {
            self._named.push(L.lujian.names(self._map).add({ text: String(p.rank), kind: "hotspot", rank: -1e6 + p.rank, around: layer.getBounds() }));
            layer.bindTooltip(element("span", "", hotspotSaid(p, o)));
          } else {
            var value = p[o.property];
            var shown = value === null || value === undefined ? "–" : o.percent ? percent(value) : value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
            layer.bindTooltip(element("span", "", nameOf(p, o.lang) + " · " + shown));
          }
        }
      });
      this.addLayer(this._shapes);
      if (o.kind === "hotspots") this._doubts(data);
    }
  });

  /* One proposal on the map of its own page: the map looks at it. */
  var Shown = L.LayerGroup.extend({
    initialize: function (options) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, options);
    },
    onAdd: function (map) {
      var at = [this.options.latitude, this.options.longitude];
      L.LayerGroup.prototype.onAdd.call(this, map);
      if (this.options.shape) {
        var drawn = L.geoJSON(this.options.shape, { interactive: false, style: { color: "#c62828", weight: 4, fillOpacity: 0.15 } });
        this.addLayer(drawn);
        map.fitBounds(drawn.getBounds().pad(0.4), { animate: false, maxZoom: 18 });
      } else map.setView(at, 17, { animate: false });
      this.addLayer(drop(Object.assign({ pane: ownPane(map) }, this.options)));
      L.lujian.names(map).avoid(function () { return dropBox(map, at); });
      if (this.options.words) L.lujian.legend(map).add({ key: "own", order: 0, text: this.options.words.legend, swatch: L.lujian.swatch.drop });
    }
  });

  /* A base map of vector tiles. What draws it weighs more than all else of a map: it is fetched by maps
     that have one, and the map is there without it. */
  var Vector = L.LayerGroup.extend({
    initialize: function (options) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, options);
    },
    onAdd: function (map) {
      var self = this;
      L.LayerGroup.prototype.onAdd.call(this, map);
      script(this.options.script).then(function () { if (self._map && !self.getLayers().length) self.addLayer(L.lujian.vectorTiles(self.options)); })
        .catch(function (error) { console.warn("lujian vector", error.message); });
    }
  });

  var scripts = {};
  function script(address) {
    scripts[address] = scripts[address] || new Promise(function (done, failed) {
      var made = document.createElement("script");
      made.src = address;
      made.onload = done;
      made.onerror = function () { delete scripts[address]; failed(new Error(address)); };
      document.head.appendChild(made);
    });
    return scripts[address];
  }

  /* A map that a page tells of as data; no page runs a script of its own. */
  function start(block) {
    var told = JSON.parse(block.textContent), map = L.map(told.id, told.options);
    told.layers.forEach(function (one) { L.lujian[one.kind](one.given).addTo(map); });
    return map;
  }

  /* Once all scripts of the page have added their kinds of layers. */
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("script.lj-map-data").forEach(start);
  });

  L.lujian = Object.assign(L.lujian || {}, {
    start: start,
    where: where,
    ownPane: ownPane,
    dropBox: dropBox,
    hatch: hatch,
    drawnLook: drawnLook,
    drawnPoint: drawnPoint,
    tiles: function (told) { return L.tileLayer(told.url, told.options); },
    vector: function (options) { return new Vector(options); },
    shown: function (options) { return new Shown(options); },
    base: function (options) { return new Base(options); },
    pins: function (options) { return new Pins(options); },
    areas: function (options) { return new Areas(options); }
  });
})();
