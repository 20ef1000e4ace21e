/* Forms that send a file: how far it is, and after a refusal everything is still there, the file too. */
(function () {
  "use strict";

  function say(form, words, n) {
    var line = form.querySelector(".lj-sending"), bar = line.querySelector("progress");
    line.hidden = false;
    line.querySelector("span").textContent = line.dataset[words].replace("{n}", n);
    if (n === undefined) bar.removeAttribute("value"); else bar.value = n;
    bar.hidden = words === "failed";
  }

  /* A file with several layers is asked about: the list comes with the refusal. */
  function choose(form, page) {
    var here = form.querySelector("[data-layers]"), there = page.querySelector("#" + form.id + " [data-layers]");
    if (here && there) here.replaceWith(document.importNode(there, true));
  }

  function refused(form, page) {
    var told = page && page.querySelector("#" + form.id + " [data-problem]"), problem = form.querySelector("[data-problem]");
    if (!told || told.hidden) return say(form, "failed");
    form.querySelector(".lj-sending").hidden = true;
    problem.textContent = told.textContent;
    problem.hidden = false;
    choose(form, page);
    problem.scrollIntoView({ block: "center" });
  }

  function send(form) {
    var request = new XMLHttpRequest(), buttons = form.querySelectorAll("button[type=submit]");
    function free() { buttons.forEach(function (button) { button.disabled = false; }); }
    buttons.forEach(function (button) { button.disabled = true; });
    form.querySelector("[data-problem]").hidden = true;
    say(form, "sending", 0);
    request.upload.onprogress = function (event) {
      if (!event.lengthComputable) return;
      if (event.loaded < event.total) say(form, "sending", Math.floor(100 * event.loaded / event.total)); else say(form, "reading");
    };
    request.onload = function () {
      if (request.status < 300 && new URL(request.responseURL).pathname !== new URL(form.action).pathname) { location.href = request.responseURL; return; }
      free();
      refused(form, request.responseXML);
    };
    request.onerror = function () { free(); say(form, "failed"); };
    request.open("POST", form.action);
    request.responseType = "document";
    request.send(new FormData(form));
  }

  document.addEventListener("submit", function (event) {
    if (!event.target.matches("form[data-send]")) return;
    event.preventDefault();
    send(event.target);
  });
})();
