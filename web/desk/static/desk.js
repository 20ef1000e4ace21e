/* What all pages of the desk share: filters that are folded on a phone, and a sign that something is
   under way. Without it filters stand open, and everything works. */
(function () {
  "use strict";
  var small = window.matchMedia("(max-width: 47.99rem)").matches;

  document.querySelectorAll("details.lj-narrowing").forEach(function (box) {
    if (small && !box.hasAttribute("data-asked")) box.open = false;
    box.setAttribute("data-ready", "");
  });

  /* What leaves the page shows that it is on its way; a file leaves the page where it is. */
  var BUSY_MS = 8000;

  function rest(button) { button.removeAttribute("aria-busy"); }

  document.addEventListener("submit", function (event) {
    var button = event.submitter;
    if (!button || event.target.method === "dialog") return;
    if (button.getAttribute("aria-busy") === "true") return event.preventDefault();
    // Once the page's own script has had its say: it may send the form itself.
    setTimeout(function () {
      if (event.defaultPrevented) return;
      button.setAttribute("aria-busy", "true");
      setTimeout(rest, BUSY_MS, button);
    });
  });

  window.addEventListener("pageshow", function () {
    document.querySelectorAll("button[aria-busy]").forEach(rest);
  });
})();
