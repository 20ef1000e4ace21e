/* The circle of an area alert: a tap on the map puts its middle, the list its radius. Without this
   script the form takes the name of a place. */
(function () {
  "use strict";

  var form = document.querySelector("form.lj-alert"), drawn = null;
  if (!form) return;

  function value(name) { return form.elements[name].value; }

  function choose(kind) {
    Array.prototype.forEach.call(form.querySelectorAll("input[name=kind]"), function (one) { one.checked = one.value === kind; });
  }

  function draw(look) {
    var map = window.lujianMap, at = [+value("latitude"), +value("longitude")];
    if (!map || !value("longitude")) return;
    if (!drawn) drawn = L.circle(at, { radius: +value("radius"), color: "#1f6f8b", weight: 2, fillOpacity: 0.12, interactive: false }).addTo(map);
    drawn.setLatLng(at).setRadius(+value("radius"));
    if (look) map.fitBounds(drawn.getBounds(), { maxZoom: 17 });
  }

  window.addEventListener("lujian:placed", function (event) {
    form.elements.longitude.value = event.detail.longitude.toFixed(5);
    form.elements.latitude.value = event.detail.latitude.toFixed(5);
    form.elements.place.value = "";
    form.querySelector("[data-placed]").hidden = false;
    choose("circle");
    draw(false);
  });
  window.addEventListener("lujian:ready", function () {
    if (!value("longitude")) return;
    window.dispatchEvent(new CustomEvent("lujian:show", { detail: { longitude: +value("longitude"), latitude: +value("latitude"), look: true } }));
    draw(true);
  });
  form.elements.radius.addEventListener("change", function () { choose("circle"); draw(true); });
  form.elements.community.addEventListener("change", function () { choose("community"); });
  form.elements.place.addEventListener("input", function () {
    choose("circle");
    form.elements.longitude.value = form.elements.latitude.value = "";
    form.querySelector("[data-placed]").hidden = true;
  });
})();
