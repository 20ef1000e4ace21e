/* Making a campaign: drawing its area on the map, and the form as residents will see it beside the
   editor of questions. Everything else is plain forms. */
(function () {
  "use strict";
  var $ = function (selector) { return document.querySelector(selector); };

  /* ---- the area: a layer that the map's own script adds ---------------------------------------- */

  var Area = L_layer() && window.L.Layer.extend({
    initialize: function (options) { window.L.setOptions(this, options); },
    onAdd: function (map) {
      var self = this, form = $("#draw"), cross = window.L.DomUtil.create("div", "lujian-crosshair", map.getContainer());
      cross.hidden = true;
      window.lujianMap = map;
      this._drawing = window.L.lujian.draw({ map: map, words: this.options.words });
      map.on("lujian:shape", function (told) { self._told(form, told); });
      form.addEventListener("click", function (event) {
        var button = event.target.closest("[data-area]");
        if (!button) return;
        var act = button.getAttribute("data-area");
        cross.hidden = false;
        if (act === "start" && self.options.shape && !self._begun) self._drawing.set(self.options.shape);
        else if (act === "clear") self._drawing.clear();
        if (act !== "undo") self._drawing.start("area");
        self._begun = true;
        if (act === "centre") self._drawing.addAtCentre();
        if (act === "undo") self._drawing.undo();
      });
      if ($("#draw [name=shape]").value) form.querySelector("[data-area=start]").click();
    },
    onRemove: function () { this._drawing.destroy(); },
    _told: function (form, told) {
      var words = form.querySelector(".lj-measure");
      form.elements.shape.value = told.shape ? JSON.stringify(told.shape) : "";
      words.textContent = told.crossing ? words.getAttribute("data-crossing") : words.getAttribute("data-corners").replace("{n}", told.corners);
    }
  });
  if (Area) window.L.lujian.area = function (options) { return new Area(options); };

  function L_layer() { return window.L && window.L.lujian; }

  /* ---- the questions: what is typed is shown as residents will see it -------------------------- */

  var editor = document.getElementById("questions"), frame = $("iframe.lj-preview"), waiting = null, newest = 0;
  if (!editor || !frame) return;

  function show() {
    var mine = ++newest;
    fetch(editor.getAttribute("data-preview"), { method: "POST", credentials: "same-origin", body: new FormData(editor) })
      .then(function (answer) { return answer.text(); })
      .then(function (page) { if (mine === newest) frame.srcdoc = page; }, function () { });
  }

  function soon() { clearTimeout(waiting); waiting = setTimeout(show, 600); }

  editor.addEventListener("input", soon);
  editor.addEventListener("change", soon);
  show();
})();
