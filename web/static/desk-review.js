/* The planners' map: layers with order and opacity, two maps that move together, a slider through the
   weeks. The address holds all of it; the page around is made by the server. To be loaded after the
   map's bundle and before the script of the map itself. */
(function () {
  "use strict";
  if (!window.L || !L.lujian) return;
  var reviews = [], period = null;

  function withPeriod(url) {
    if (!period) return url;
    var parts = url.split("?"), asked = new URLSearchParams(parts[1] || "");
    asked.set("from", period[0]);
    asked.set("to", period[1]);
    return parts[0] + "?" + asked.toString();
  }

  var MAKE = {
    pins: function (o, pane) { return L.lujian.pins(Object.assign({}, o, { url: withPeriod(o.url), box: withPeriod(o.box), marks: pane })); },
    communities: function (o, pane) { return L.lujian.areas(Object.assign({}, o, { url: withPeriod(o.url), pane: pane })); },
    hotspots: function (o, pane) { return L.lujian.areas(Object.assign({}, o, { url: withPeriod(o.url), pane: pane })); },
    heat: function (o, pane) { return L.imageOverlay(withPeriod(o.url), o.bounds, { pane: pane, interactive: false }); },
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

  var Review = L.LayerGroup.extend({
    initialize: function (options) {
      L.LayerGroup.prototype.initialize.call(this, []);
      L.setOptions(this, options);
    },
    onAdd: function (map) {
      var self = this, at = (this.options.at || "").split(",").map(Number);
      L.LayerGroup.prototype.onAdd.call(this, map);
      this._made = {};
      this.options.layers.forEach(function (o) {
        map.createPane("review-" + o.key);
        if (o.shown) self.show(o.key, true);
      });
      if (at.length === 3 && at.every(isFinite)) map.setView([at[1], at[0]], at[2], { animate: false });
      reviews.push(this);
      this._click(map);
      // The first moves are the map's own, until it has its size.
      setTimeout(function () { map.on("moveend", function () { moved(self); }); }, 800);
    },
    define: function (key) { return this.options.layers.filter(function (o) { return o.key === key; })[0]; },
    show: function (key, wanted) {
      if (this._made[key]) { this.removeLayer(this._made[key]); delete this._made[key]; }
      var o = this.define(key);
      if (!wanted || !o) return;
      this._made[key] = MAKE[o.kind](o, "review-" + key);
      this.addLayer(this._made[key]);
    },
    renew: function () { Object.keys(this._made).forEach(function (key) { if (this.define(key).kind !== "facility") this.show(key, true); }, this); },
    arrange: function (states) {
      var map = this._map;
      states.forEach(function (state, at) {
        var pane = map.getPane("review-" + state.key);
        pane.style.zIndex = 401 + at * 5;
        pane.style.opacity = state.opacity / 100;
      });
    },
    /* A tap on a hotspot opens its page. */
    _click: function (map) {
      var self = this;
      map.on("layeradd", function (event) {
        var feature = event.layer.feature, o = self.define("hotspots");
        if (!feature || !feature.properties || !feature.properties.hotspot_id || event.layer.lujianOpens) return;
        event.layer.lujianOpens = true;
        event.layer.on("click", function () { location.href = o.page.replace("~", encodeURIComponent(feature.properties.hotspot_id)); });
      });
    }
  });
  L.lujian.review = function (options) { return new Review(options); };

  /* ---- what the address says, and all that leads on from it ---------------------------------- */

  function remember(name, value) {
    var here = new URL(location.href);
    here.searchParams.set(name, value);
    history.replaceState(null, "", here);
    document.querySelectorAll("a[data-view], form[data-view]").forEach(function (one) {
      var attribute = one.tagName === "A" ? "href" : "action", target = new URL(one.getAttribute(attribute), location.href);
      target.searchParams.set(name, value);
      one.setAttribute(attribute, target.pathname + target.search);
    });
    document.querySelectorAll("form[data-filter]").forEach(function (form) {
      var field = form.querySelector('input[type="hidden"][name="' + name + '"]');
      if (!field) { field = document.createElement("input"); field.type = "hidden"; field.name = name; form.appendChild(field); }
      field.value = value;
    });
  }

  var following = false;
  function moved(review) {
    if (following) return;
    var map = review._map, middle = map.getCenter();
    following = true;
    reviews.forEach(function (other) { if (other !== review) other._map.setView(middle, map.getZoom(), { animate: false }); });
    following = false;
    remember("at", middle.lng.toFixed(5) + "," + middle.lat.toFixed(5) + "," + map.getZoom());
  }

  function states(list) {
    return Array.prototype.map.call(list.children, function (row) {
      return { key: row.dataset.layer, shown: row.querySelector('input[type="checkbox"]').checked, opacity: row.querySelector('input[type="range"]').value };
    }).reverse();
  }

  function panel(list) {
    function arrange(keep) {
      var all = states(list);
      reviews.forEach(function (review) { review.arrange(all); });
      if (keep) remember("layers", all.filter(function (s) { return s.shown; }).map(function (s) { return s.key + ":" + s.opacity; }).join(",") || "none");
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
  }

  /* ---- week by week ----------------------------------------------------------------------------- */

  function slide(box) {
    var range = box.querySelector('input[type="range"]'), said = box.querySelector("output"), weeks = box.querySelectorAll("li"), bars = box.querySelectorAll(".lj-weeks i"), wait = 0;
    range.addEventListener("input", function () {
      var week = weeks[range.value];
      said.textContent = week ? week.textContent + " · " + week.dataset.count : box.dataset.slider;
      bars.forEach(function (bar, at) { bar.classList.toggle("lj-this", String(at) === range.value); });
      clearTimeout(wait);
      wait = setTimeout(function () {
        if (week) {
          var last = new Date(week.dataset.monday + "T00:00:00Z");
          last.setUTCDate(last.getUTCDate() + 6);
          period = [week.dataset.monday, last.toISOString().slice(0, 10)];
        } else period = null;
        reviews[0].renew();
      }, 200);
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-layers]").forEach(panel);
    document.querySelectorAll("[data-slider]").forEach(slide);
  });
})();
