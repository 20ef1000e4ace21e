/* Names on the map. The most important find their place first, the others give way: no two lie over
   each other, none is cut at the map's edge or lies under a button. Names lie above the marks; where
   there is a choice, beside them. To be loaded after Leaflet and before lujian-map.js.

   var names = L.lujian.names(map);           one for each map
   names.add({ text, kind, rank, minZoom, maxZoom, over, at | line | ring | around, gap })
     at: a point, `gap` pixels around it are its sign; line: places of a line; ring: of an area, with
     `at` its middle; around: L.latLngBounds, at whose edge the name stands. over: true where it may
     lie over a mark if nothing else is free, "rim" where it may not cover what must be read.  Returns a handle for names.remove(handle).
   names.avoid(function () { return [{ left, top, right, bottom, firm }] })   marks, in pixels of the
     map's box; firm: what must be read. Returns a function that ends it.
   names.later()                              something moved: place all names anew, soon */
(function () {
  "use strict";

  var EDGE = 3, ROOM_X = 4, ROOM_Y = 2, CELL = 64;
  //: A name that may not lie over marks may touch them with so much of its area.
  var MOST_TOUCHED = 0.3;

  /* ---- boxes, found again by where they lie ------------------------------------------------- */

  function Boxes() { this.cells = {}; }
  Boxes.prototype = {
    _each: function (box, act) {
      for (var x = Math.floor(box.left / CELL); x <= Math.floor(box.right / CELL); x++)
        for (var y = Math.floor(box.top / CELL); y <= Math.floor(box.bottom / CELL); y++) if (act(x * 8192 + y)) return true;
      return false;
    },
    add: function (box) {
      var cells = this.cells;
      this._each(box, function (key) { (cells[key] = cells[key] || []).push(box); });
    },
    meets: function (box) {
      var cells = this.cells;
      return this._each(box, function (key) {
        var found = cells[key];
        for (var i = 0; found && i < found.length; i++) if (shared(box, found[i]) > 0) return true;
        return false;
      });
    },
    near: function (box) {
      var cells = this.cells, found = [];
      this._each(box, function (key) {
        (cells[key] || []).forEach(function (one) { if (found.indexOf(one) < 0) found.push(one); });
      });
      return found;
    }
  };

  function shared(a, b) {
    var wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return wide > 0 && high > 0 ? wide * high : 0;
  }

  function grown(box, x, y) { return { left: box.left - x, top: box.top - y, right: box.right + x, bottom: box.bottom + y }; }

  /* ---- where a name may stand: middles of its box, the best first ---------------------------- */

  function beside(p, size, gap) {
    var down = gap + size.y / 2 + 1, side = gap + size.x / 2 + 3;
    return [[0, down], [0, -down], [side, 0], [-side, 0], [side * 0.6, down], [-side * 0.6, down], [side * 0.6, -down], [-side * 0.6, -down],
      [0, down * 1.9], [0, -down * 1.9]].map(function (d) { return L.point(p.x + d[0], p.y + d[1]); });
  }

  function inside(p, ring) {
    for (var i = 0, j = ring.length - 1, odd = false; i < ring.length; j = i++) {
      var a = ring[i], b = ring[j];
      if ((a.y > p.y) !== (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x) odd = !odd;
    }
    return odd;
  }

  function middle(ring) {
    var area = 0, x = 0, y = 0;
    ring.forEach(function (a, i) {
      var b = ring[(i + 1) % ring.length], f = a.x * b.y - b.x * a.y;
      area += f; x += (a.x + b.x) * f; y += (a.y + b.y) * f;
    });
    return area ? L.point(x / (3 * area), y / (3 * area)) : ring[0];
  }

  /* In an area: at its middle, or at the middle of what of it is seen; then around it. */
  function within(ring, at, size, view) {
    var seen = L.PolyUtil.clipPolygon(ring, view, true), starts = at ? [at] : [];
    if (seen.length > 2) starts.push(middle(seen));
    var found = [];
    starts.forEach(function (p) {
      [[0, 0], [0, 1], [0, -1], [0.35, 0], [-0.35, 0], [0.3, 1], [-0.3, 1], [0.3, -1], [-0.3, -1], [0, 1.8], [0, -1.8]].forEach(function (d) {
        var q = L.point(p.x + d[0] * size.x, p.y + d[1] * (size.y + 2));
        if (inside(q, ring)) found.push(q);
      });
    });
    return found;
  }

  /* On a line: along what of it is seen, from its middle outwards. */
  function along(line, size, view) {
    var parts = [], length = 0;
    for (var i = 1; i < line.length; i++) {
      var part = L.LineUtil.clipSegment(line[i - 1], line[i], view, i > 1, false);
      if (part) { parts.push({ a: part[0], b: part[1], from: length, long: part[0].distanceTo(part[1]) }); length += part[0].distanceTo(part[1]); }
    }
    if (length < size.y) return [];
    return [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.12, 0.88, 0.05, 0.95].map(function (share) {
      var to = share * length, part = parts.filter(function (p) { return p.from + p.long >= to; })[0] || parts[parts.length - 1];
      var t = part.long ? (to - part.from) / part.long : 0;
      return L.point(part.a.x + (part.b.x - part.a.x) * t, part.a.y + (part.b.y - part.a.y) * t);
    });
  }

  /* At the edge of a box, all around it, then a little further out. */
  function around(box, size) {
    var c = box.getCenter(), half = box.getSize().divideBy(2), found = [];
    [0.5, 1.4].forEach(function (out) {
      var x = half.x + out * size.x / 1.2, y = half.y + out * size.y / 1.2;
      [[0.75, -1], [-0.75, -1], [1, -0.4], [-1, -0.4], [0, -1], [0.75, 1], [-0.75, 1], [1, 0.4], [-1, 0.4], [0, 1]].forEach(function (d) {
        found.push(L.point(c.x + d[0] * x, c.y + d[1] * y));
      });
    });
    return found;
  }

  /* ---- all names of a map --------------------------------------------------------------------- */

  function Names(map) {
    this.map = map;
    this.all = [];
    this.marks = [];
    this.shown = true;
    ["lujian-names", "lujian-ranks"].forEach(function (name, at) {
      var pane = map.getPane(name) || map.createPane(name);
      pane.style.zIndex = 620 + at;
      pane.style.pointerEvents = "none";
      // A list of names with no order says nothing to a screen reader; marks say where they are.
      pane.setAttribute("aria-hidden", "true");
    });
    map.on("zoomstart", function () { this._hide(true); }, this);
    map.on("zoomend moveend resize viewreset", this.place, this);
    map.on("popupopen popupclose", this.later, this);
  }

  Names.prototype = {
    add: function (name) {
      var span = document.createElement("span"), box = document.createElement("div");
      box.className = "lujian-label lujian-label-" + name.kind;
      span.textContent = name.text;
      box.appendChild(span);
      box.hidden = true;
      name.box = box;
      this.map.getPane(name.around ? "lujian-ranks" : "lujian-names").appendChild(box);
      this.all.push(name);
      this.all.sort(function (a, b) { return a.rank - b.rank; });
      this.later();
      return name;
    },
    remove: function (name) {
      this.all = this.all.filter(function (one) { return one !== name; });
      name.box.remove();
      this.later();
    },
    avoid: function (boxes) {
      var self = this;
      this.marks.push(boxes);
      return function () { self.marks = self.marks.filter(function (one) { return one !== boxes; }); self.later(); };
    },
    show: function (wanted) { this.shown = wanted; this.later(); },
    later: function () {
      var self = this;
      if (this._soon) return;
      this._soon = requestAnimationFrame(function () { if (self.map._mapPane) self.place(); });
    },
    /* A zoom under way would carry the names along at their old places. */
    _hide: function (on) { ["lujian-names", "lujian-ranks"].forEach(function (name) { this.map.getPane(name).style.visibility = on ? "hidden" : ""; }, this); },
    /* Measure what has no size yet in this size of type: all at once, so that it costs one layout. */
    _measure: function (wanted) {
      var type = getComputedStyle(document.documentElement).fontSize + document.documentElement.className;
      var unknown = wanted.filter(function (name) { return name.type !== type; });
      unknown.forEach(function (name) { name.box.hidden = false; name.box.style.width = ""; });
      // A name on two lines is as wide as the longer of them.
      var widths = unknown.map(function (name) {
        var range = document.createRange(), lines;
        range.selectNodeContents(name.box.firstChild);
        lines = Array.prototype.map.call(range.getClientRects(), function (line) { return line.width; });
        return lines.length > 1 ? Math.ceil(Math.max.apply(null, lines)) + 5 : 0;
      });
      unknown.forEach(function (name, at) { name.box.style.width = widths[at] ? widths[at] + "px" : ""; });
      unknown.forEach(function (name) { name.size = L.point(name.box.offsetWidth, name.box.offsetHeight); name.type = type; });
    },
    _controls: function () {
      var container = this.map.getContainer(), frame = container.getBoundingClientRect();
      return Array.prototype.map.call(container.querySelectorAll(".leaflet-control, .lujian-word:not([hidden]), .lujian-crosshair:not([hidden])"), function (one) {
        var r = one.getBoundingClientRect();
        return { left: r.left - frame.left, top: r.top - frame.top, right: r.right - frame.left, bottom: r.bottom - frame.top };
      }).filter(function (box) { return box.right > box.left; });
    },
    _middles: function (name, view) {
      var map = this.map;
      function pixel(place) { return map.latLngToContainerPoint(place); }
      if (name.around) {
        var box = L.bounds(pixel(name.around.getNorthWest()), pixel(name.around.getSouthEast()));
        return box.intersects(view) ? around(box, name.size) : [];
      }
      if (name.line) return along(name.line.map(pixel), name.size, view);
      if (name.ring) return within(name.ring.map(pixel), name.at && pixel(name.at), name.size, view);
      var p = pixel(name.at);
      return view.contains(p) ? beside(p, name.size, name.gap || 0) : [];
    },
    place: function () {
      var map = this.map, self = this;
      cancelAnimationFrame(this._soon);
      this._soon = 0;
      if (!map._loaded || !map.getSize().x || map._animatingZoom) return;
      var zoom = map.getZoom(), size = map.getSize(), view = L.bounds([EDGE, EDGE], [size.x - EDGE, size.y - EDGE]);
      var taken = new Boxes(), marks = new Boxes(), started = performance.now();
      var wanted = this.all.filter(function (name) {
        var fits = (self.shown || name.around) && zoom >= (name.minZoom || 0) && zoom <= (name.maxZoom || 99);
        if (!fits) name.box.hidden = true;
        return fits;
      });
      this._measure(wanted);
      this._controls().forEach(function (box) { taken.add(box); });
      this.marks.forEach(function (boxes) { boxes().forEach(function (box) { marks.add(box); }); });
      var told = {};
      wanted.forEach(function (name) {
        // Two ends of one road, a bus stop on each side: once is enough.
        var found = told[name.kind + name.text] ? null : self._choose(name, view, taken, marks);
        name.box.hidden = !found;
        if (!found) return;
        told[name.kind + name.text] = true;
        taken.add(found);
        name.box.classList.toggle("lujian-over", found.over);
        L.DomUtil.setPosition(name.box, map.containerPointToLayerPoint([Math.round(found.left), Math.round(found.top)]));
      });
      this._hide(false);
      this.took_ms = performance.now() - started;
    },
    _choose: function (name, view, taken, marks) {
      var half = name.size.divideBy(2), best = null, area = name.size.x * name.size.y;
      this._middles(name, view).some(function (p) {
        // A name at the edge moves in, as long as it still stands at its place.
        var reach = name.around ? 0 : half.x;
        var x = Math.max(view.min.x + half.x, Math.min(view.max.x - half.x, p.x)), y = Math.max(view.min.y + half.y, Math.min(view.max.y - half.y, p.y));
        if (Math.abs(x - p.x) > reach || Math.abs(y - p.y) > name.size.y * 1.5) return false;
        var box = { left: x - half.x, top: y - half.y, right: x + half.x, bottom: y + half.y, cost: 0 }, room = grown(box, ROOM_X, ROOM_Y), hard = false;
        if (taken.meets(room)) return false;
        marks.near(box).forEach(function (mark) {
          var part = shared(box, mark);
          box.cost += part * (mark.firm ? 6 : 1);
          if (part && (mark.firm || name.around)) hard = true;
        });
        if (hard && name.over !== true || !name.over && box.cost > MOST_TOUCHED * area) return false;
        if (!best || box.cost < best.cost) best = box;
        return box.cost === 0;
      });
      if (best) best.over = best.cost > 0;
      return best;
    }
  };

  L.lujian = L.lujian || {};
  L.lujian.names = function (map) { return map.lujianNames || (map.lujianNames = new Names(map)); };
})();
