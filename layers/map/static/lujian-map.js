/* LuJian's map layers for Leaflet. Each one is told an address and fetches what it shows, so that
   the page around the map stays small and constant. Text from people is put into the page as text
   (textContent), never as markup. */
(function () {
  "use strict";

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

  /* ---- labels that give way to each other ------------------------------------------------- */

  var Labels = L.LayerGroup.extend({
    onAdd: function (map) {
      ["lujian-labels", "lujian-ranks"].forEach(function (name, at) {
        if (map.getPane(name)) return;
        map.createPane(name).style.zIndex = 450 + at;
        map.getPane(name).style.pointerEvents = "none";
      });
      L.LayerGroup.prototype.onAdd.call(this, map);
      map.on("zoomend moveend resize", this.declutter, this);
      this.declutter();
    },
    onRemove: function (map) {
      map.off("zoomend moveend resize", this.declutter, this);
      L.LayerGroup.prototype.onRemove.call(this, map);
    },
    label: function (place, text, kind, options) {
      var icon = L.divIcon({ className: "lujian-label lujian-label-" + kind, iconSize: [0, 0], html: element("span", "", text) });
      var marker = L.marker(place, { icon: icon, interactive: false, keyboard: false, pane: kind === "hotspot" ? "lujian-ranks" : "lujian-labels" });
      marker.lujian = Object.assign({ minZoom: 0, rank: 9 }, options);
      this.addLayer(marker);
    },
    declutter: function () {
      var map = this._map, taken = [];
      if (!map) return;
      var zoom = map.getZoom(), view = map.getBounds().pad(0.05);
      this.getLayers()
        .sort(function (a, b) { return a.lujian.rank - b.lujian.rank; })
        .forEach(function (marker) {
          var box = marker.getElement();
          if (!box) return;
          var span = box.firstChild;
          box.style.display = "";
          if (zoom < marker.lujian.minZoom || !view.contains(marker.getLatLng())) { box.style.display = "none"; return; }
          var r = span.getBoundingClientRect();
          var clash = taken.some(function (t) {
            return r.left < t.right + 4 && r.right > t.left - 4 && r.top < t.bottom + 2 && r.bottom > t.top - 2;
          });
          if (clash) box.style.display = "none"; else taken.push(r);
        });
    }
  });

  /* ---- the place itself: outline, river, roads, railway, parks, communities ----------------- */

  var BY_DAY = {
    outline: { color: "#5b6b73", weight: 2, dashArray: "6 4", fillColor: "#fbfaf6", fillOpacity: 1 },
    communities: { color: "#b3a58f", weight: 1, dashArray: "3 3", fill: false },
    parks: { color: "#9cc79a", weight: 1, fillColor: "#d5ebcf", fillOpacity: 1 },
    idle_plots: { color: "#b08d57", weight: 1, fillColor: "#f1e0bd", fillOpacity: 0.9 },
    river: { color: "#9cc9e6", weight: 7, fillColor: "#bfe0f2", fillOpacity: 1 },
    railway: { color: "#6d6d6d", weight: 2, dashArray: "8 5", fill: false },
    expressway: { color: "#e9a24b", weight: 5, fill: false },
    main: { color: "#d9cfa6", weight: 4, fill: false },
    secondary: { color: "#e1ddd0", weight: 2.5, fill: false }
  };
  var BY_NIGHT = {
    outline: { color: "#9fb0b8", weight: 2, dashArray: "6 4", fillColor: "#20282c", fillOpacity: 1 },
    communities: { color: "#6f6a5f", weight: 1, dashArray: "3 3", fill: false },
    parks: { color: "#3d5c40", weight: 1, fillColor: "#26402b", fillOpacity: 1 },
    idle_plots: { color: "#8a7148", weight: 1, fillColor: "#4a3f2a", fillOpacity: 0.9 },
    river: { color: "#2f5d78", weight: 7, fillColor: "#24475c", fillOpacity: 1 },
    railway: { color: "#8f989c", weight: 2, dashArray: "8 5", fill: false },
    expressway: { color: "#a5712f", weight: 5, fill: false },
    main: { color: "#5c5740", weight: 4, fill: false },
    secondary: { color: "#3e4548", weight: 2.5, fill: false }
  };
  var night = window.matchMedia && window.matchMedia("(prefers-color-scheme: dark)").matches;
  var LOOK = night ? BY_NIGHT : BY_DAY;
  var POINTS = {
    stations: { sign: "M", signZoom: 14, rank: 1, minZoom: 15 },
    places: { sign: "", rank: 6, minZoom: 16 },
    bike_parking: { sign: "P", signZoom: 16, rank: 8, minZoom: 17 }
  };
  var ORDER = ["outline", "parks", "river", "idle_plots", "communities", "roads", "railway", "stations", "places", "bike_parking"];
  var LABELS = {
    communities: { rank: 2, minZoom: 14 }, parks: { rank: 4, minZoom: 15 }, river: { rank: 3, minZoom: 13 },
    roads: { rank: 5, minZoom: 15 }, railway: { rank: 7, minZoom: 15 }, idle_plots: { rank: 9, minZoom: 17 }
  };

  function middleOf(layer) {
    if (layer.getLatLngs && !(layer instanceof L.Polygon)) {
      var line = layer.getLatLngs();
      while (line.length && Array.isArray(line[0])) line = line[0];
      return line[Math.floor(line.length / 2)];
    }
    return layer.getBounds ? layer.getBounds().getCenter() : layer.getLatLng();
  }

  var Base = L.LayerGroup.extend({
    initialize: function (options) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, options);
    },
    onAdd: function (map) {
      var self = this;
      ["lujian-ground", "lujian-signs"].forEach(function (name, at) {
        if (map.getPane(name)) return;
        map.createPane(name).style.zIndex = 210 + at;
        map.getPane(name).style.pointerEvents = "none";
      });
      L.LayerGroup.prototype.onAdd.call(this, map);
      if (map.zoomControl) map.zoomControl.setPosition("topright");
      L.control.scale({ imperial: false }).addTo(map);
      // Before the pins, so that they are fetched once, for the view that is shown.
      map.invalidateSize();
      map.fitBounds(this.options.bounds, { animate: false });
      this._keepFitting(map);
      get(this.options.url).then(function (data) { if (self._map) self._draw(data); })
        .catch(function (error) { console.warn("lujian base", error.message); });
    },
    /* The page around gives the map its height a moment later; until somebody looks elsewhere, the
       whole area is to be seen. */
    _keepFitting: function (map) {
      var self = this, whole = map.getCenter(), zoom = map.getZoom();
      if (!window.ResizeObserver) return;
      this._watch = new ResizeObserver(function () {
        // In pixels: Leaflet's own answer to a resize shifts the map by up to one.
        var untouched = map.getZoom() === zoom && map.project(map.getCenter()).distanceTo(map.project(whole)) < 4;
        map.invalidateSize({ pan: false });
        if (!untouched) return;
        map.fitBounds(self.options.bounds, { animate: false });
        whole = map.getCenter();
        zoom = map.getZoom();
      });
      this._watch.observe(map.getContainer());
    },
    _draw: function (data) {
      var self = this, lang = this.options.lang, labels = new Labels();
      var renderer = L.canvas({ pane: "lujian-ground", padding: 0.3 });
      ORDER.forEach(function (name) {
        if (!data[name]) return;
        if (POINTS[name]) return self._points(name, data[name], labels);
        self.addLayer(L.geoJSON(data[name], {
          pane: "lujian-ground", renderer: renderer, interactive: false,
          style: function (feature) {
            return Object.assign({ interactive: false }, LOOK[feature.properties.kind] || LOOK[name] || LOOK.secondary);
          },
          pointToLayer: function (feature, at) { return L.circleMarker(at, { pane: "lujian-ground", renderer: renderer, interactive: false, radius: 4 }); },
          onEachFeature: function (feature, layer) {
            var text = nameOf(feature.properties, lang).replace(/社区$/, ""), rule = LABELS[name];
            var at = feature.properties.label_at;
            if (text && rule) labels.label(at ? [at[1], at[0]] : middleOf(layer), text, name, rule);
          }
        }));
      });
      this.addLayer(labels);
      if (data.schematic) L.control.attribution({ prefix: false }).addAttribution(this.options.note).addTo(this._map);
    },
    _points: function (name, data, labels) {
      var self = this, rule = POINTS[name], signs = L.layerGroup(), map = this._map;
      function show() {
        var wanted = map.getZoom() >= rule.signZoom;
        if (wanted !== self.hasLayer(signs)) self[wanted ? "addLayer" : "removeLayer"](signs);
      }
      L.geoJSON(data, {
        pointToLayer: function (feature, at) {
          var text = nameOf(feature.properties, self.options.lang);
          if (rule.sign) {
            signs.addLayer(L.marker(at, {
              pane: "lujian-signs", interactive: false, keyboard: false,
              icon: L.divIcon({ className: "lujian-sign lujian-sign-" + name, iconSize: [16, 16], html: element("span", "", rule.sign) })
            }));
          }
          var main = feature.properties.kind === "railway_station";
          labels.label(at, text, name, main ? Object.assign({}, rule, { minZoom: 12 }) : rule);
          return null;
        }
      });
      if (!rule.sign) return;
      map.on("zoomend", show);
      show();
    }
  });

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

  /* ---- proposals: clusters and pins, tile by tile ------------------------------------------- */

  var FINGER = 44;

  var Pins = L.GridLayer.extend({
    options: { tileSize: 512, minZoom: 3, maxZoom: 20, updateWhenIdle: true, keepBuffer: 1, url: "", colors: {}, words: {}, link: "" },
    onAdd: function (map) {
      this._marks = L.layerGroup().addTo(map);
      this._byTile = {};
      this.on("tileunload", this._forget, this);
      L.GridLayer.prototype.onAdd.call(this, map);
    },
    onRemove: function (map) {
      L.GridLayer.prototype.onRemove.call(this, map);
      this.off("tileunload", this._forget, this);
      map.removeLayer(this._marks);
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
      this._byTile[key].forEach(function (mark) { self._marks.addLayer(mark); });
    },
    _cluster: function (c) {
      var self = this, count = c[2];
      var size = count < 10 ? 28 : count < 100 ? 34 : count < 1000 ? 40 : 46;
      var text = count < 10000 ? String(count) : Math.round(count / 1000) + "k";
      var mark = L.marker([c[1], c[0]], {
        pane: this.options.marks || "markerPane",
        title: (this.options.words.cluster || "{n}").replace("{n}", count), alt: String(count),
        icon: L.divIcon({ className: "lujian-cluster lujian-cluster-" + size, iconSize: [Math.max(size, FINGER), Math.max(size, FINGER)], html: element("span", "", text) })
      });
      return mark.on("click", function () {
        var map = self._map;
        if (map.getZoom() < Math.min(map.getMaxZoom(), 19)) map.setView(mark.getLatLng(), Math.min(map.getZoom() + 2, 19));
        else self._list(mark);
      });
    },
    _pin: function (p) {
      var self = this, id = p[2];
      var look = this.options.colors[p[3]] || {};
      var icon = element("span");
      icon.appendChild(sign(look.sign));
      icon.style.background = look.color || "#1f6f8b";
      var mark = L.marker([p[1], p[0]], {
        pane: this.options.marks || "markerPane",
        title: look.name || "", alt: look.name || "",
        icon: L.divIcon({ className: "lujian-pin", iconSize: [FINGER, FINGER], html: icon })
      });
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
      var popup = L.popup({ maxWidth: width, minWidth: Math.min(180, width), maxHeight: 220, autoPanPaddingTopLeft: [12, 12], autoPanPaddingBottomRight: [66, 12] })
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
    L.marker(at, { icon: icon, interactive: false, keyboard: false }).addTo(group);
    return group;
  }

  /* ---- polygons with numbers: communities and hotspots -------------------------------------- */

  function classOf(value, breaks) {
    for (var i = 0; i < breaks.length; i++) if (value <= breaks[i]) return i;
    return breaks.length - 1;
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

  var Areas = L.LayerGroup.extend({
    initialize: function (options) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, options);
    },
    onAdd: function (map) {
      var self = this, pane = this.options.pane || "lujian-areas-" + this.options.kind;
      if (!map.getPane(pane)) map.createPane(pane).style.zIndex = this.options.kind === "hotspots" ? 420 : 405;
      L.LayerGroup.prototype.onAdd.call(this, map);
      get(this.options.url).then(function (data) { if (self._map) self._draw(data, pane); })
        .catch(function (error) { console.warn("lujian areas", error.message); });
    },
    _style: function (properties) {
      var o = this.options;
      if (o.kind === "hotspots") {
        var chosen = properties.hotspot_id === o.chosen;
        return { color: chosen ? "#7a0019" : "#b3261e", weight: chosen ? 4 : 2, fillColor: "#e4572e", fillOpacity: chosen ? 0.35 : 0.18 };
      }
      var value = properties[o.property];
      if (value === null || value === undefined) return { color: "#8a8172", weight: 1, fillColor: "#bbbbbb", fillOpacity: 0.35 };
      var color = o.colors[classOf(value, o.breaks)];
      if (properties.proposals < o.few) return { color: "#8a8172", weight: 1, fillColor: hatch(color), fillOpacity: 0.9 };
      return { color: "#8a8172", weight: 1, fillColor: color, fillOpacity: 0.62 };
    },
    _draw: function (data, pane) {
      var self = this, o = this.options, labels = new Labels();
      this.addLayer(L.geoJSON(data, {
        pane: pane,
        // SVG, not canvas: a canvas of the upper pane would take the mouse from the lower one.
        renderer: L.svg({ pane: pane }),
        style: function (feature) { return self._style(feature.properties); },
        onEachFeature: function (feature, layer) {
          var p = feature.properties;
          if (o.kind === "hotspots") {
            labels.label([p.centre_latitude, p.centre_longitude], String(p.rank), "hotspot", { rank: p.rank });
            layer.bindTooltip(o.words.hotspot.replace("{rank}", p.rank).replace("{n}", p.proposals).replace("{people}", p.people));
          } else {
            var value = p[o.property];
            var shown = value === null || value === undefined ? "–" : value.toLocaleString(document.documentElement.lang, o.percent ? { style: "percent" } : { maximumFractionDigits: 1 });
            layer.bindTooltip(element("span", "", nameOf(p, o.lang) + " · " + shown));
          }
        }
      }));
      if (o.kind === "hotspots") this.addLayer(labels);
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
      this.addLayer(drop(this.options));
    }
  });

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

  L.lujian = {
    start: start,
    tiles: function (told) { return L.tileLayer(told.url, told.options); },
    shown: function (options) { return new Shown(options); },
    base: function (options) { return new Base(options); },
    pins: function (options) { return new Pins(options); },
    areas: function (options) { return new Areas(options); }
  };
})();
