/* Layers of the planners' map with order and opacity, at the desk and in the workbench. To be loaded
   after the map's bundle; a page says by ``L.lujian.reviewed`` what becomes of a move or a tap. */
(function () {
  "use strict";
  if (!window.L || !L.lujian || L.lujian.review) return;
  var shared = { all: [], onmove: function () {} };

  var MAKE = {
    pins: function (o, pane) { return L.lujian.pins(Object.assign({}, o, { marks: pane })); },
    communities: function (o, pane) { return L.lujian.areas(Object.assign({}, o, { pane: pane })); },
    hotspots: function (o, pane) { return L.lujian.areas(Object.assign({}, o, { pane: pane })); },
    heat: function (o, pane) { return L.imageOverlay(o.url, o.bounds, { pane: pane, interactive: false }); },
    uploaded: function (o, pane) { return new Uploaded(o, pane); },
    judged: function (o, pane) { return new Judged(o, pane); },
    sites: function (o, pane, review) { return new Sites(Object.assign({ review: review }, o), pane); },
    facility: function (o, pane) {
      var group = L.layerGroup();
      fetch(o.url, { credentials: "same-origin" }).then(function (answer) { return answer.json(); }).then(function (data) {
        group.addLayer(L.geoJSON(data, {
          pane: pane, renderer: L.svg({ pane: pane }),
          style: { color: "#7a4a00", weight: 2, fillColor: "#ffb74d", fillOpacity: 0.7 },
          pointToLayer: function (feature, at) { return L.circleMarker(at, { pane: pane, renderer: L.svg({ pane: pane }), radius: 6, color: "#4a2c00", weight: 1.5, fillColor: "#ffb74d", fillOpacity: 0.95 }); },
          onEachFeature: function (feature, layer) {
            var p = feature.properties, name = (o.lang === "en" && p.name_en) || p.name_zh || p.name || p.name_en || "", said = document.createElement("span");
            said.textContent = name;
            if (name) layer.bindTooltip(said);
          }
        }));
      }).catch(function (error) { console.warn("lujian facility", error.message); });
      return group;
    }
  };

  /* Below the map: which layers have more in the window than can be shown. */
  var thinned = {};
  function tell(name, text) {
    var box = document.querySelector("[data-thinned]");
    thinned[name] = text;
    if (box) box.textContent = Object.keys(thinned).map(function (key) { return thinned[key]; }).filter(Boolean).join(" ");
  }

  /* How a feature of an uploaded layer is drawn, by the style that was chosen at the desk. */
  function plainStyle(o) { return o.style || { kind: "single", entries: [["", o.colour]], stroke: "#fff", stroke_px: 1.5, outline: "", outline_px: 2.5, line_px: 1.5, fill_opacity: 0.35, point_px: 14 }; }
  function drawnLook(o, feature) {
    var line = /LineString/.test(feature.geometry && feature.geometry.type);
    return L.lujian.drawnLook(plainStyle(o), feature.colour || o.colour, line);
  }
  function pointOf(o, feature) {
    return L.lujian.drawnPoint(plainStyle(o), feature.colour || o.colour);
  }
  function textOf(text) { var said = document.createElement("span"); said.textContent = text; return said; }

  /* A layer that the office loaded: what of it lies in the window, asked for again as one moves. */
  var Uploaded = L.LayerGroup.extend({
    initialize: function (o, pane) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, o);
      this._renderer = L.svg({ pane: pane });
      this._place = pane;
    },
    onAdd: function (map) {
      L.LayerGroup.prototype.onAdd.call(this, map);
      map.on("moveend", this._load, this);
      this._load();
    },
    onRemove: function (map) {
      map.off("moveend", this._load, this);
      tell(this._place, "");
      L.LayerGroup.prototype.onRemove.call(this, map);
    },
    _load: function () {
      var self = this, map = this._map, seen = map.getBounds(), zoom = map.getZoom(), box = seen.pad(0.3);
      if (this._box && this._zoom === zoom && this._box.contains(seen)) return;
      this._box = box;
      this._zoom = zoom;
      var at = { west: Math.max(box.getWest(), -180), south: Math.max(box.getSouth(), -90), east: Math.min(box.getEast(), 180), north: Math.min(box.getNorth(), 90), zoom: zoom };
      fetch(this.options.url + L.Util.getParamString(at), { credentials: "same-origin" }).then(function (answer) {
        if (!answer.ok) throw new Error(answer.status);
        return answer.json();
      }).then(function (data) { if (self._map && self._box === box) self._show(data); })
        .catch(function (error) { console.warn("lujian layer", error.message); });
    },
    _show: function (data) {
      var self = this, o = this.options, zoom = this._zoom, common = { pane: this._place, renderer: this._renderer };
      this.clearLayers();
      this.addLayer(L.geoJSON(data, Object.assign({
        style: function (feature) { return drawnLook(o, feature); },
        pointToLayer: function (feature, at) { return L.circleMarker(at, Object.assign(pointOf(o, feature), common)); },
        onEachFeature: function (feature, layer) {
          if (feature.label && zoom >= 15) layer.bindTooltip(textOf(feature.label), { permanent: true, direction: "center", className: "lujian-layer-label" });
          layer.bindPopup(function () { return self._card(feature.properties); }, { maxWidth: 260, maxHeight: 260 });
        }
      }, common)));
      tell(this._place, data.features.length < data.total ? o.words.thinned.replace("{n}", data.total) : "");
    },
    /* What people put into a table is text, never markup. */
    _card: function (given) {
      var card = document.createElement("div"), head = document.createElement("strong"), list = document.createElement("dl");
      card.className = "lujian-popup";
      head.textContent = given.name || this.options.words.nameless;
      card.appendChild(head);
      this.options.columns.forEach(function (name) {
        if (given[name] === null || given[name] === undefined) return;
        var term = document.createElement("dt"), said = document.createElement("dd");
        term.textContent = name;
        said.textContent = given[name];
        list.appendChild(term);
        list.appendChild(said);
      });
      card.appendChild(list);
      return card;
    }
  });

  /* How opaque a layer is, and whether it is shown, is no reason to fetch it anew. */
  function sameLook(name, value) { return name === "opacity" || name === "shown" ? undefined : value; }

  /* Areas by what was found of each; never by colour alone: hot ones have a thick line, cold ones a dashed
     one, what is new a dotted one, and each says it in words. */
  var LOOKS = {
    hot: { color: "#8f1d14", weight: 3.5, fillColor: "#d7301f", fillOpacity: 0.5 },
    cold: { color: "#0b3c78", weight: 2.5, dashArray: "9 5", fillColor: "#4a90d9", fillOpacity: 0.45 },
    more: { color: "#8f1d14", weight: 3.5, fillColor: "#d7301f", fillOpacity: 0.45 },
    fewer: { color: "#0b3c78", weight: 2.5, dashArray: "9 5", fillColor: "#4a90d9", fillOpacity: 0.45 },
    "new": { color: "#6a1b9a", weight: 3.5, dashArray: "1 6", fillColor: "#8e24aa", fillOpacity: 0.35 },
    gone: { color: "#37474f", weight: 2.5, dashArray: "12 6 2 6", fillColor: "#90a4ae", fillOpacity: 0.3 },
    grown: { color: "#8f1d14", weight: 3.5, fillColor: "#d7301f", fillOpacity: 0.3 },
    shrunk: { color: "#0b3c78", weight: 2.5, dashArray: "9 5", fillColor: "#4a90d9", fillOpacity: 0.3 },
    same: { color: "#5d5a54", weight: 1.5, fillColor: "#bdb8ae", fillOpacity: 0.25 },
    too_few: { color: "#5d5a54", weight: 1, dashArray: "2 5", fillColor: "#bdb8ae", fillOpacity: 0.12 },
    not_significant: { color: "#5d5a54", weight: 1, fillColor: "#bdb8ae", fillOpacity: 0.28 }
  };
  /* A layer may bring looks of its own; what has a ``hatch`` is striped in its colour. */
  function lookOf(o, key) {
    var look = (o.looks || {})[key] || LOOKS[key];
    return look.hatch ? Object.assign({}, look, { fillColor: L.lujian.hatch(look.fillColor) }) : look;
  }
  var Judged = L.LayerGroup.extend({
    initialize: function (o, pane) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, o);
      this._place = pane;
    },
    onAdd: function (map) {
      var self = this, o = this.options, legend = L.lujian.legend(map);
      L.LayerGroup.prototype.onAdd.call(this, map);
      this._ends = o.legend.map(function (one, at) {
        return legend.add({ key: o.key + "-" + one.key, order: 19 + at / 100, text: one.text, swatch: function () { return L.lujian.swatch.area(lookOf(o, one.key)); } });
      });
      if (o.data) this._draw(o.data);
      else fetch(o.url, { credentials: "same-origin" }).then(function (answer) {
        if (!answer.ok) throw new Error(answer.status);
        return answer.json();
      }).then(function (data) { if (self._map) self._draw(data); }).catch(function (error) { console.warn("lujian judged", error.message); });
    },
    onRemove: function (map) {
      this._ends.forEach(function (end) { end(); });
      L.LayerGroup.prototype.onRemove.call(this, map);
    },
    _draw: function (data) {
      var o = this.options, common = { pane: this._place, renderer: L.svg({ pane: this._place }) };
      this.addLayer(L.geoJSON(data, Object.assign({
        filter: function (feature) { return o.cells[feature.properties[o.by]] !== undefined; },
        style: function (feature) { return lookOf(o, o.cells[feature.properties[o.by]][0]); },
        onEachFeature: function (feature, layer) {
          var said = document.createElement("span");
          said.textContent = o.cells[feature.properties[o.by]][1];
          layer.bindTooltip(said, { sticky: true });
        }
      }, common)));
    }
  });

  /* Where something should stand: chosen places (numbered squares), what is there today (triangles), other
     places (rings), lines to whom a place serves, and whom none serves (crosses). A tap on a place tells it. */
  function dot(html, size) { return L.divIcon({ className: "lujian-site", html: html, iconSize: [size, size] }); }
  function shape(inner, size) { return '<svg width="' + size + '" height="' + size + '" viewBox="0 0 24 24" aria-hidden="true">' + inner + "</svg>"; }
  var SIGNS = {
    chosen: '<rect x="1.5" y="1.5" width="21" height="21" rx="4" fill="#1b5e20" stroke="#fff" stroke-width="2"/>',
    existing: '<path d="M12 2 L22.5 21.5 H1.5 Z" fill="#ffb74d" stroke="#4a2c00" stroke-width="2"/>',
    must_not: '<circle cx="12" cy="12" r="8" fill="#fff" stroke="#b3261e" stroke-width="3"/><path d="M6 18 L18 6" stroke="#b3261e" stroke-width="3"/>',
    other: '<circle cx="12" cy="12" r="7" fill="#fff" stroke="#1b5e20" stroke-width="3"/>'
  };
  var Sites = L.LayerGroup.extend({
    initialize: function (o, pane) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, o);
      this._place = pane;
    },
    onAdd: function (map) {
      var self = this, o = this.options, legend = L.lujian.legend(map), pane = this._place, drawn = L.svg({ pane: pane }), above = pane + "-marks";
      if (!map.getPane(above)) map.createPane(above).style.zIndex = 640; // above the names of places
      L.LayerGroup.prototype.onAdd.call(this, map);
      this._ends = o.legend.map(function (one, at) {
        return legend.add({ key: o.key + "-" + one.key, order: 18 + at / 100, text: one.text, swatch: function () {
          var box = document.createElement("span");
          box.innerHTML = one.key === "unserved" ? shape('<path d="M7 7 L17 17 M17 7 L7 17" stroke="#b3261e" stroke-width="3"/>', 18) : shape(SIGNS[one.key], 18);
          return box;
        } });
      });
      o.lines.forEach(function (line) {
        self.addLayer(L.polyline(line.ends.map(function (end) { return [line.at, end]; }), { pane: pane, renderer: drawn, color: line.existing ? "#7a4a00" : "#1b5e20", weight: 1, opacity: 0.55, interactive: false }));
      });
      var crosses = [];
      o.unserved.forEach(function (at) { crosses.push([[at[0] - o.arm, at[1] - o.arm], [at[0] + o.arm, at[1] + o.arm]], [[at[0] - o.arm, at[1] + o.arm], [at[0] + o.arm, at[1] - o.arm]]); });
      if (crosses.length) self.addLayer(L.polyline(crosses, { pane: pane, renderer: drawn, color: "#b3261e", weight: 1.5, opacity: 0.8, interactive: false }));
      o.sites.forEach(function (one) {
        var big = one.look === "chosen", size = big ? 30 : 20;
        var text = big ? '<b>' + Number(one.rank) + "</b>" : "";
        var mark = L.marker(one.at, { pane: above, icon: dot(shape(SIGNS[one.look], size) + text, size), alt: one.said, title: one.said, keyboard: big, autoPanOnFocus: false, zIndexOffset: big ? 1000 : 0 });
        mark.on("click", function (event) { if (o.review.options.tap) o.review.options.tap({ site: one.key }, event); });
        self.addLayer(mark);
      });
    },
    onRemove: function (map) {
      this._ends.forEach(function (end) { end(); });
      L.LayerGroup.prototype.onRemove.call(this, map);
    }
  });

  var Review = L.LayerGroup.extend({
    initialize: function (options) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, options);
    },
    onAdd: function (map) {
      var self = this;
      L.LayerGroup.prototype.onAdd.call(this, map);
      this._made = {};
      this._listed = {};
      this.options.layers.forEach(function (o) {
        self._pane(o.key);
        if (o.shown) self.show(o.key, true);
      });
      if (!this._at()) this._look(this.options.bounds);
      if (!shared.all.length) window.lujianMap = map;
      shared.all.push(this);
      this._click(map);
      // The first moves are the map's own, until it has its size.
      setTimeout(function () { map.on("moveend", function () { shared.onmove(self); }); }, 800);
    },
    onRemove: function (map) {
      shared.all.splice(shared.all.indexOf(this), 1);
      L.LayerGroup.prototype.onRemove.call(this, map);
    },
    _pane: function (key) { return this._map.getPane("review-" + key) || this._map.createPane("review-" + key); },
    /* Go where the view looks; tell whether it says where. */
    _at: function () {
      var at = (this.options.at || "").split(",").map(Number), said = at.length === 3 && at.every(isFinite);
      if (said) this._map.setView([at[1], at[0]], at[2], { animate: false });
      return said;
    },
    _look: function (part) {
      if (part) this._map.fitBounds([[part[1], part[0]], [part[3], part[2]]], { animate: false, padding: [24, 24], maxZoom: 18 });
    },
    /* Another view on the same map: what is as it was stays, so that nothing flickers or is fetched anew. */
    change: function (options) {
      var self = this, before = this.options, were = {};
      before.layers.forEach(function (o) { were[o.key] = o; });
      L.setOptions(this, options);
      Object.keys(were).forEach(function (key) { if (!self.define(key)) { self.options.layers.push(were[key]); self.show(key, false); self.options.layers.pop(); } });
      options.layers.forEach(function (o) {
        self._pane(o.key);
        if (o.shown !== !!self._made[o.key] || (o.shown && JSON.stringify(o, sameLook) !== JSON.stringify(were[o.key], sameLook))) self.show(o.key, o.shown);
      });
      if (JSON.stringify(before.bounds) !== JSON.stringify(options.bounds)) this._look(options.bounds);
    },
    define: function (key) { return this.options.layers.filter(function (o) { return o.key === key; })[0]; },
    show: function (key, wanted) {
      if (this._made[key]) { this.removeLayer(this._made[key]); delete this._made[key]; }
      if (this._listed[key]) { this._listed[key](); delete this._listed[key]; }
      var o = this.define(key);
      if (!wanted || !o) return;
      this._made[key] = MAKE[o.kind](o, "review-" + key, this);
      this.addLayer(this._made[key]);
      this._list(o);
    },
    /* What the legend says of a layer that does not list itself. */
    _list: function (o) {
      var swatch = {
        heat: function () { return L.lujian.swatch.classes(o.colors); },
        facility: function () { return L.lujian.swatch.dot({ color: "#4a2c00", fillColor: "#ffb74d", radius: 6 }); },
        uploaded: function () { var own = plainStyle(o).entries[0][1]; return L.lujian.swatch.area({ color: own, weight: 2.5, fillColor: own, fillOpacity: 0.35 }); }
      }[o.kind];
      if (o.kind === "uploaded" && o.title && plainStyle(o).kind !== "single") {
        var legend = L.lujian.legend(this._map), gone = plainStyle(o).entries.map(function (entry, at) {
          return legend.add({
            key: "layer-" + o.key + "-" + at, order: 33 + at / 100, text: o.title + (o.style.kind === "classes" ? " " : ": ") + entry[0],
            swatch: function () { return L.lujian.swatch.area({ color: "#555", weight: 1, fillColor: entry[1], fillOpacity: 0.9 }); }
          });
        });
        this._listed[o.key] = function () { gone.forEach(function (take) { take(); }); };
        return;
      }
      if (swatch && o.title) this._listed[o.key] = L.lujian.legend(this._map).add({ key: "layer-" + o.key, order: o.kind === "heat" ? 22 : 33, text: o.title, swatch: swatch });
    },
    arrange: function (states) {
      var map = this._map;
      states.forEach(function (state, at) {
        var pane = map.getPane("review-" + state.key);
        pane.style.zIndex = 401 + at * 5;
        pane.style.opacity = state.opacity / 100;
      });
    },
    /* A tap is told to the page; on the desk, one on a hotspot opens its page. */
    _click: function (map) {
      var self = this;
      map.on("layeradd", function (event) {
        var given = event.layer.feature && event.layer.feature.properties;
        if (!given || event.layer.lujianOpens || !(given.hotspot_id || (given.code && self.options.tap))) return;
        event.layer.lujianOpens = true;
        event.layer.on("click", function (tap) {
          if (self.options.tap) self.options.tap(given, tap);
          else location.href = self.define("hotspots").page.replace("~", encodeURIComponent(given.hotspot_id));
        });
      });
    }
  });
  L.lujian.review = function (options) { return new Review(options); };

  function states(list) {
    return Array.prototype.map.call(list.children, function (row) {
      return { key: row.dataset.layer, shown: row.querySelector('input[type="checkbox"]').checked, opacity: row.querySelector('input[type="range"]').value };
    }).reverse();
  }

  /* A list of layers with their order and opacity rules these maps; ``keep`` is told what it says. */
  function panel(list, reviews, keep) {
    function arrange(told) {
      var all = states(list);
      reviews.forEach(function (review) { review.arrange(all); });
      if (told) keep(all.filter(function (s) { return s.shown; }).map(function (s) { return s.key + ":" + s.opacity; }).join(",") || "none");
    }
    list.addEventListener("change", function (event) {
      var row = event.target.closest("li");
      if (event.target.type === "checkbox") reviews.forEach(function (review) { review.show(row.dataset.layer, event.target.checked); });
      arrange(true);
    });
    list.addEventListener("input", function () { arrange(false); });
    list.addEventListener("click", function (event) {
      var button = event.target.closest("button"), row = event.target.closest("li");
      if (!button) return;
      var up = button.hasAttribute("data-up"), other = up ? row.previousElementSibling : row.nextElementSibling;
      if (!other) return;
      list.insertBefore(up ? row : other, up ? other : row);
      button.focus();
      arrange(true);
    });
    arrange(false);
    return { arrange: arrange };
  }

  function outline(box) {
    var shape = box.dataset.area && L.lujian.areaShape(box.dataset.area);
    return shape && L.geoJSON(shape, { interactive: false, style: { color: "#0b5fa5", weight: 3, dashArray: "8 5", fill: false }, pane: "lujian-draw", renderer: L.svg({ pane: "lujian-draw" }) });
  }

  /* Lets a part of the map be drawn with the buttons of ``box``; ``take`` is told which. */
  function drawn(box, reviews, take) {
    var map = reviews[0]._map, line = box.querySelector(".lj-measure"), shape = null, drawing = null, shown = [];
    var cross = L.DomUtil.create("div", "lujian-crosshair", map.getContainer());
    cross.hidden = true;
    map.on("lujian:shape", function (told) {
      shape = told.crossing ? null : told.shape;
      line.textContent = told.crossing ? line.dataset.crossing : line.dataset.corners.replace("{n}", told.corners);
      box.querySelector("[data-do=take]").disabled = !shape;
    });
    function look(on) {
      box.classList.toggle("lj-now", on);
      map.getContainer().classList.toggle("lj-drawing", on);
      cross.hidden = !on;
    }
    function show() {
      reviews.forEach(function (review) {
        var pane = review._map.getPane("lujian-draw") || review._map.createPane("lujian-draw"), made = outline(box);
        pane.style.zIndex = 630;
        if (made) shown.push(made.addTo(review._map));
      });
    }
    var ACTS = {
      start: function () {
        shown.splice(0).forEach(function (layer) { layer.remove(); });
        drawing = L.lujian.draw({ map: map, words: JSON.parse(box.dataset.words) });
        if (box.dataset.area) drawing.set(L.lujian.areaShape(box.dataset.area));
        look(true);
        drawing.start("area");
        map.getContainer().scrollIntoView({ block: "nearest" });
      },
      corner: function () { drawing.addAtCentre(); },
      undo: function () { drawing.undo(); },
      take: function () { take(L.lujian.areaText(shape)); },
      cancel: function () { drawing.destroy(); drawing = null; line.textContent = ""; look(false); show(); }
    };
    box.addEventListener("click", function (event) {
      var button = event.target.closest("[data-do]");
      if (button) ACTS[button.dataset.do]();
    });
    show();
    return function () { if (drawing) ACTS.cancel(); else { shown.splice(0).forEach(function (layer) { layer.remove(); }); show(); } };
  }

  L.lujian.reviewed = Object.assign(shared, { states: states, panel: panel, drawn: drawn });
})();
