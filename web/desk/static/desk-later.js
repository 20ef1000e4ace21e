/* What takes the server longer than a page: it comes in afterwards, and the page says so meanwhile.
   Without a script the links in the sections lead there. */
(function () {
  "use strict";

  function fail(section) {
    section.querySelectorAll("[data-working]").forEach(function (one) { one.hidden = true; });
    section.querySelectorAll("[data-failed]").forEach(function (one) { one.hidden = false; });
  }

  /* Puts in what is fetched. */
  function more(section) {
    fetch(section.dataset.more, { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer.text();
    }).then(function (markup) { section.innerHTML = markup; section.querySelectorAll("[data-again]").forEach(again); }).catch(function () { fail(section); });
  }

  /* Asks again and again for what is being worked out, until it is all there. */
  function again(part) {
    setTimeout(function () {
      if (!part.isConnected) return;
      fetch(part.dataset.again, { credentials: "same-origin" }).then(function (answer) {
        if (!answer.ok) throw new Error(answer.status);
        return answer.text();
      }).then(function (markup) {
        var made = document.createElement("template");
        made.innerHTML = markup.trim();
        var now = made.content.querySelector("[data-again]");
        if (now) again(part); else part.replaceWith(made.content);
      }).catch(function () { fail(part); });
    }, 2000);
  }

  /* Shows the page anew once the server has what it needs; or that there is no such thing. */
  function until(section) {
    fetch(section.dataset.until, { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok && answer.status !== 404) throw new Error(answer.status);
      location.reload();
    }).catch(function () { fail(section); });
  }

  /* Says that a file is being made, until the page is left or looked at again. */
  function slow(link) {
    var note = document.getElementById(link.dataset.slow);
    link.addEventListener("click", function () { note.hidden = false; });
    ["pageshow", "focus"].forEach(function (name) { window.addEventListener(name, function () { note.hidden = true; }); });
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-more]").forEach(more);
    document.querySelectorAll("[data-until]").forEach(until);
    document.querySelectorAll("[data-again]").forEach(again);
    document.querySelectorAll("[data-slow]").forEach(slow);
  });
})();
