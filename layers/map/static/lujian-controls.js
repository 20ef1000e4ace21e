/* What stands at the edges of a map: the legend, which says only what this map shows now, and the
   buttons. To be loaded after Leaflet and before lujian-map.js.

   var legend = L.lujian.legend(map);        one for each map
   legend.add({ key, order, text, swatch, shown, set, on })   swatch: makes a picture; shown: whether
     the map shows it now; set(bool): where it can be switched on and off, and whether it is on.
     Returns a function that takes it off again.
   legend.control(words).addTo(map)
   L.lujian.tools({ words, fit, locate, full }).addTo(map) */
(function () {
  "use strict";

  /* Pressing the map gives it the keys, and the page stays where it is. Leaflet puts the window back, but not
     what scrolls around the map inside a page: a place partly out of view would slip from under the finger. */
  L.Map.addInitHook(function () {
    var box = this.getContainer(), focus = box.focus;
    box.focus = function (how) { focus.call(box, Object.assign({ preventScroll: true }, how)); };
  });

  var SPACE = "http://www.w3.org/2000/svg";
  var OPEN_FROM = { x: 640, y: 460 };
  var MOST_WIDE = 0.38;
  var made = 0;

  function drawn(tag, given, parent) {
    var one = document.createElementNS(SPACE, tag);
    Object.keys(given).forEach(function (name) { one.setAttribute(name, given[name]); });
    if (parent) parent.appendChild(one);
    return one;
  }

  function picture(width, height) {
    return drawn("svg", { viewBox: "0 0 " + width + " " + height, width: width, height: height, "aria-hidden": "true", "class": "lujian-swatch" });
  }

  /* ---- pictures of what lies on the map ----------------------------------------------------------- */

  var swatch = {
    line: function (look) {
      var svg = picture(30, 18);
      if (look.casing) drawn("path", { d: "M2 9H28", stroke: look.casing, "stroke-width": 8, fill: "none" }, svg);
      drawn("path", { d: "M2 9H28", stroke: look.color, "stroke-width": Math.min(look.weight || 2, 6), "stroke-dasharray": look.dashArray || "none", fill: "none" }, svg);
      return svg;
    },
    area: function (look) {
      var svg = picture(30, 18);
      drawn("rect", { x: 3, y: 2, width: 24, height: 14, fill: look.fillColor || "none", "fill-opacity": look.fillOpacity === undefined ? 1 : look.fillOpacity, stroke: look.color, "stroke-width": look.weight || 1,
        "stroke-dasharray": look.dashArray || "none" }, svg);
      return svg;
    },
    dot: function (look) {
      var svg = picture(30, 18);
      drawn("circle", { cx: 15, cy: 9, r: look.radius || 5, fill: look.fillColor || look.color, stroke: look.color, "stroke-width": 1.5 }, svg);
      return svg;
    },
    classes: function (colors) {
      var svg = picture(30, 18), wide = 26 / colors.length;
      colors.forEach(function (color, at) { drawn("rect", { x: 2 + at * wide, y: 2, width: wide, height: 14, fill: color }, svg); });
      return svg;
    },
    cluster: function (text) {
      var svg = picture(30, 30);
      drawn("circle", { cx: 15, cy: 15, r: 13, fill: "#1f5e78", stroke: "#fff", "stroke-width": 2 }, svg);
      drawn("text", { x: 15, y: 20, "text-anchor": "middle", "font-size": 13, "font-weight": 700, fill: "#fff" }, svg).textContent = text;
      return svg;
    },
    doubtful: function () {
      var svg = picture(30, 24);
      drawn("path", { d: "M3 13C3 5 14 2 21 5S28 19 19 21S3 21 3 13Z", fill: "#e4572e", "fill-opacity": 0.06, stroke: "#b3261e", "stroke-width": 1.5, "stroke-dasharray": "5 4" }, svg);
      return svg;
    },
    rank: function () {
      var svg = picture(30, 24);
      drawn("path", { d: "M3 13C3 5 14 2 21 5S28 19 19 21S3 21 3 13Z", fill: "#e4572e", "fill-opacity": 0.18, stroke: "#b3261e", "stroke-width": 2 }, svg);
      drawn("rect", { x: 9, y: 4, width: 14, height: 15, rx: 3, fill: "#b3261e" }, svg);
      drawn("text", { x: 16, y: 15.5, "text-anchor": "middle", "font-size": 11, "font-weight": 700, fill: "#fff" }, svg).textContent = "1";
      return svg;
    },
    drop: function () {
      var svg = picture(22, 28);
      svg.setAttribute("viewBox", "0 0 36 46");
      drawn("path", { d: "M18 45C18 45 34 27 34 17A16 16 0 1 0 2 17C2 27 18 45 18 45Z", fill: "#c62828", stroke: "#fff", "stroke-width": 2 }, svg);
      drawn("circle", { cx: 18, cy: 17, r: 6, fill: "#fff" }, svg);
      return svg;
    },
    sign: function (element) {
      var box = document.createElement("i");
      box.className = "lujian-swatch";
      box.appendChild(element);
      return box;
    }
  };

  /* ---- the legend ------------------------------------------------------------------------------------ */

  function Legend(map) {
    this.map = map;
    this.entries = [];
    map.on("zoomend", this.later, this);
  }

  Legend.prototype = {
    add: function (entry) {
      var self = this;
      this.entries = this.entries.filter(function (one) { return one.key !== entry.key; }).concat(entry);
      this.entries.sort(function (a, b) { return a.order - b.order; });
      this.later();
      return function () {
        self.entries = self.entries.filter(function (one) { return one !== entry; });
        self.later();
      };
    },
    shown: function () { return this.entries.filter(function (one) { return one.set || !one.shown || one.shown(); }); },
    later: function () {
      var self = this;
      if (this._soon) return;
      this._soon = requestAnimationFrame(function () { self._soon = 0; if (self.map._mapPane) self._write(); });
    },
    control: function (words) {
      var self = this, control = L.control({ position: "bottomleft" });
      control.onAdd = function () { return self._box(words); };
      return control;
    },
    _box: function (words) {
      var self = this, name = "lujian-legend-" + (++made), box = L.DomUtil.create("div", "lujian-legend leaflet-bar");
      this.button = L.DomUtil.create("button", "", box);
      this.button.type = "button";
      this.button.setAttribute("aria-controls", name);
      L.DomUtil.create("i", "", this.button).setAttribute("aria-hidden", "true");
      this.button.appendChild(document.createTextNode(words.legend || ""));
      this.list = L.DomUtil.create("ul", "", box);
      this.list.id = name;
      this.list.setAttribute("aria-label", words.legend);
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      L.DomEvent.on(this.button, "click", function () { self._byItself = false; self.open(self.list.hidden); });
      L.DomEvent.on(box, "keydown", function (event) {
        event.stopPropagation();
        if (event.key !== "Escape" || self.list.hidden) return;
        self.open(false);
        self.button.focus();
      });
      this.map.on("resize", this._fit, this);
      this.open(false);
      // A map that has its size a moment later opens it then, unless somebody has been there.
      this._first = setTimeout(function () {
        if (!self.map._mapPane) return;  // gone meanwhile
        var size = self.map.getSize();
        if (size.x < OPEN_FROM.x || size.y < OPEN_FROM.y) return;
        self.open(self._byItself = true);
        self._narrow();
        self.map.fire("lujian:legend");
      }, 400);
      this.later();
      return box;
    },
    open: function (wanted) {
      clearTimeout(this._first);
      this.list.hidden = !wanted;
      this.button.setAttribute("aria-expanded", String(wanted));
      this._fit();
      if (this.map.lujianNames) this.map.lujianNames.later();
    },
    /* What opened by itself closes where it is too wide to stand beside what it explains: in large type,
       or once a layer with long names has come. */
    _narrow: function () {
      if (this._byItself && this.width() > this.map.getSize().x * MOST_WIDE) this.open(this._byItself = false);
    },
    /* How far it reaches from the left: popups stand beside it. */
    width: function () { return this.list && !this.list.hidden ? this.list.offsetWidth + 14 : 0; },
    /* Where what is drawn comes from, below the list. */
    source: function (text) {
      this._source = text;
      this._said = null;
      this.later();
    },
    _fit: function () {
      this.list.style.maxHeight = Math.max(90, this.map.getSize().y - this.button.offsetHeight - 62) + "px";
      var scrolls = this.list.scrollHeight > this.list.clientHeight + 1;
      if (scrolls) this.list.tabIndex = 0; else this.list.removeAttribute("tabindex");
    },
    _write: function () {
      var self = this, list = this.list;
      if (!list) return;
      var said = this.shown().map(function (one) { return one.key; }).join(" ");
      if (said === this._said) return;
      this._said = said;
      list.textContent = "";
      this.shown().forEach(function (one) { list.appendChild(self._row(one)); });
      if (this._source) {
        var source = L.DomUtil.create("li", "lujian-source", list);
        source.textContent = this._source;
      }
      this._fit();
      this._narrow();
      if (this.map.lujianNames) this.map.lujianNames.later();
    },
    _row: function (entry) {
      var item = document.createElement("li"), holder = item;
      item.setAttribute("data-key", entry.key);
      if (entry.set) {
        var box = document.createElement("input");
        holder = document.createElement("label");
        box.type = "checkbox";
        box.checked = entry.on;
        box.addEventListener("change", function () { entry.on = box.checked; entry.set(box.checked); });
        holder.appendChild(box);
        item.appendChild(holder);
      }
      holder.appendChild(entry.swatch());
      var text = document.createElement("span");
      text.textContent = entry.text;
      holder.appendChild(text);
      return item;
    }
  };

  /* ---- buttons ------------------------------------------------------------------------------------------ */

  var PICTURES = {
    home: "M4 11L12 4L20 11M6.5 10V20H17.5V10",
    locate: "M12 5a7 7 0 1 1 0 14a7 7 0 0 1 0-14zM12 2v4M12 18v4M2 12h4M18 12h4M12 11a1 1 0 1 1 0 2a1 1 0 0 1 0-2z",
    full: "M4 9V4H9M15 4H20V9M20 15V20H15M9 20H4V15"
  };

  function button(bar, name, said, act) {
    var one = L.DomUtil.create("a", "lujian-tool lujian-tool-" + name, bar), svg = picture(24, 24);
    svg.setAttribute("class", "");
    drawn("path", { d: PICTURES[name] }, svg);
    one.appendChild(svg);
    one.href = "#";
    one.title = said;
    one.setAttribute("role", "button");
    one.setAttribute("aria-label", said);
    L.DomEvent.on(one, "click", function (event) { L.DomEvent.stop(event); act(); });
    L.DomEvent.on(one, "keydown", function (event) {
      if (event.key !== " " && event.key !== "Enter") return;
      L.DomEvent.stop(event);
      act();
    });
    return one;
  }

  /* The map alone, as large as the screen: in a frame (Streamlit) that is the frame. */
  function fullScreen(map) {
    var frame = window.frameElement, root = frame ? frame.ownerDocument : document;
    if (root.fullscreenElement) return root.exitFullscreen();
    return (frame || map.getContainer().closest(".lj-map") || map.getContainer()).requestFullscreen();
  }

  function canBeFull() {
    try { return (window.frameElement ? window.parent.document : document).fullscreenEnabled; } catch (error) { return false; }
  }

  function tools(options) {
    var control = L.control({ position: "topright" });
    control.onAdd = function (map) {
      var bar = L.DomUtil.create("div", "leaflet-bar lujian-tools"), words = options.words;
      button(bar, "home", words.home, options.fit);
      if (options.locate) button(bar, "locate", words.locate, function () { map.fire("lujian:locate"); });
      if (options.full && canBeFull()) button(bar, "full", words.full, function () { fullScreen(map); });
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    };
    return control;
  }

  /* A layer that the legend switches on; until then nothing of it is fetched. */
  var Optional = L.LayerGroup.extend({
    initialize: function (options) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, options);
    },
    onAdd: function (map) {
      var self = this, o = this.options;
      L.LayerGroup.prototype.onAdd.call(this, map);
      this._end = L.lujian.legend(map).add({
        key: "optional-" + (o.given.kind || o.layer), order: o.order, text: o.legend, on: false,
        swatch: function () { return o.given.kind === "hotspots" ? swatch.rank() : swatch.classes(o.given.colors); },
        set: function (on) { if (on) self.addLayer(L.lujian[o.layer](o.given)); else self.clearLayers(); }
      });
    },
    onRemove: function (map) {
      this._end();
      L.LayerGroup.prototype.onRemove.call(this, map);
    }
  });

  /* Leaflet's own buttons speak English. */
  function translated(map, words) {
    if (map.zoomControl) {
      [["_zoomInButton", words.zoom_in], ["_zoomOutButton", words.zoom_out]].forEach(function (one) {
        map.zoomControl[one[0]].title = one[1];
        map.zoomControl[one[0]].setAttribute("aria-label", one[1]);
      });
    }
    map.on("popupopen", function (event) {
      var close = event.popup.getElement().querySelector(".leaflet-popup-close-button");
      if (close) { close.setAttribute("aria-label", words.close); close.title = words.close; }
    });
  }

  L.lujian = L.lujian || {};
  L.lujian.swatch = swatch;
  L.lujian.legend = function (map) { return map.lujianLegend || (map.lujianLegend = new Legend(map)); };
  L.lujian.tools = tools;
  L.lujian.optional = function (options) { return new Optional(options); };
  L.lujian.translated = translated;
})();
