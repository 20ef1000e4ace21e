/* The planners' map at the desk: two maps that move together, a slider through the weeks. The address
   holds all of it; the page around is made by the server. To be loaded after ``lujian-review.js`` and
   before the script of the map itself. */
(function () {
  "use strict";
  if (!window.L || !L.lujian || !L.lujian.reviewed) return;
  var reviewed = L.lujian.reviewed, reviews = reviewed.all;

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

  reviewed.onmove = moved;

  /* ---- a part of the map ------------------------------------------------------------------------ */

  function go(area) {
    var here = new URL(location.href);
    if (area) here.searchParams.set("area", area); else here.searchParams.delete("area");
    here.searchParams.delete("page");
    here.searchParams.delete("at");  // the map goes to what was drawn
    location.href = here;
  }

  /* ---- week by week ----------------------------------------------------------------------------- */

  function slide(box) {
    var range = box.querySelector('input[type="range"]'), said = box.querySelector("output"), weeks = box.querySelectorAll("li"), bars = box.querySelectorAll(".lj-weeks svg"), wait = 0;
    range.addEventListener("input", function () {
      var week = weeks[range.value];
      said.textContent = week ? week.textContent + " · " + week.dataset.count : box.dataset.slider;
      bars.forEach(function (bar, at) { bar.classList.toggle("lj-this", String(at) === range.value); });
      clearTimeout(wait);
      wait = setTimeout(function () {
        if (week) {
          var last = new Date(week.dataset.monday + "T00:00:00Z");
          last.setUTCDate(last.getUTCDate() + 6);
          reviewed.period = [week.dataset.monday, last.toISOString().slice(0, 10)];
        } else reviewed.period = null;
        reviews[0].renew();
      }, 200);
    });
  }

  /* Other communities are somewhere else: the place that the map looked at is not kept. */
  function elsewhere(form) {
    form.addEventListener("change", function (event) {
      var kept = form.querySelector('input[type="hidden"][name="at"]');
      if (event.target.name === "community" && kept) kept.remove();
    });
  }

  /* The maps are made by scripts after this one. */
  function onceThere(act) { if (reviews.length && reviews[0]._map) act(); else setTimeout(function () { onceThere(act); }, 50); }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-layers]").forEach(function (list) {
      reviewed.panel(list, reviews, function (told) { remember("layers", told); });
    });
    document.querySelectorAll("[data-slider]").forEach(slide);
    document.querySelectorAll("form[data-filter]").forEach(elsewhere);
    document.querySelectorAll("[data-draw]").forEach(function (box) { onceThere(function () { reviewed.drawn(box, reviews, go); }); });
  });
})();
