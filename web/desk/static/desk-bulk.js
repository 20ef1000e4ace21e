/* Many proposals at once: drawing around them on the map, and how far the work is. */
(function () {
  "use strict";

  function one(selector) { return document.querySelector(selector); }
  function say(name, detail) { window.dispatchEvent(new CustomEvent(name, { detail: detail || {} })); }

  /* ---- the drawing ------------------------------------------------------------------------------ */

  var form = one("#narrow");

  function begin() {
    var area = form.elements.area.value;
    say("lujian:draw", area ? { kind: "area", shape: L.lujian.areaShape(area), look: true } : { kind: "area" });
  }

  if (form) {
    window.addEventListener("lujian:ready", begin);
    window.addEventListener("lujian:shape", function (event) { form.elements.area.value = L.lujian.areaText(event.detail.shape); });
    one("[data-act=corner]").addEventListener("click", function () { say("lujian:corner"); });
    one("[data-act=undo]").addEventListener("click", function () { say("lujian:undo"); });
    one("[data-act=clear]").addEventListener("click", function () { form.elements.area.value = ""; begin(); });
    // Empty fields would only make the address long.
    form.addEventListener("submit", function () {
      Array.prototype.forEach.call(form.elements, function (field) { if (field.name && !field.value) field.disabled = true; });
    });
    window.addEventListener("pageshow", function () {
      Array.prototype.forEach.call(form.elements, function (field) { field.disabled = false; });
    });
  }

  /* ---- templates of replies --------------------------------------------------------------------- */

  document.addEventListener("change", function (event) {
    var select = event.target.closest("select[data-templates]");
    if (!select || !select.value) return;
    var chosen = JSON.parse(select.selectedOptions[0].dataset.template);
    select.form.elements.reply.value = chosen.text;
    select.form.elements.stage.value = chosen.stage;
  });

  /* ---- how far it is ---------------------------------------------------------------------------- */

  var job = one("[data-job]");

  function look() {
    fetch(job.dataset.job, { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (answer) { return answer.json(); })
      .then(function (told) {
        if (!told.open) return location.reload();
        var state = document.createElement("b");
        state.textContent = told.state;
        one("[data-said]").replaceChildren(state, " " + told.said);
        one("progress").value = told.through;
        setTimeout(look, 1000);
      }).catch(function () { setTimeout(look, 4000); });
  }

  if (job) setTimeout(look, 700);
})();
