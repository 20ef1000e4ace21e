/* The desk's queue by keys and by finger: the next thing is fetched ahead and stands there at once;
   what was decided is sent meanwhile, and comes back with all that was typed if it is refused.
   Without this script the links and forms of the page do the same, more slowly. */
(function () {
  "use strict";

  var page, words, ahead = null, beating = null, map = { campaign: "", placed: null };

  function one(selector, within) { return (within || page || document).querySelector(selector); }
  function all(selector, within) { return Array.prototype.slice.call((within || page || document).querySelectorAll(selector)); }
  function fill(text, values) { return text.replace(/\{(\w+)\}/g, function (whole, name) { return name in values ? shown(values[name]) : whole; }); }
  function shown(value) { return typeof value === "number" ? value.toLocaleString(document.documentElement.lang) : value; }

  /* ---- keys ------------------------------------------------------------------------------------- */

  function typing(target) {
    return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
      (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(target.type));
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && typing(event.target)) return void event.target.blur();
    if (typing(event.target) || one("dialog[open]", document)) return;
    if (event.target.closest && event.target.closest(".lj-map, .lj-blur-frame")) return;
    if (/^[1-9]$/.test(event.key)) return chooseReason(Number(event.key), event);
    if (event.key === "Escape") return all("details.lj-because[open]").forEach(function (box) { box.open = false; });
    var wanted = all('[data-key="' + (event.key === '"' ? "" : event.key) + '"]')[0];
    if (!wanted) return;
    event.preventDefault();
    if (wanted.tagName === "TEXTAREA") return wanted.focus();
    if (wanted.tagName !== "SUMMARY") return wanted.click();
    unfold(wanted.parentNode);
  }

  /* Open a box that asks why, and go into it. */
  function unfold(box) {
    all("details.lj-because[open]").forEach(function (other) { if (other !== box) other.open = false; });
    box.open = !box.open;
    var first = one("textarea, button, input:not([type=hidden])", box);
    if (!box.open || !first) return;
    first.focus();
    if (first.tagName === "TEXTAREA") first.setSelectionRange(first.value.length, first.value.length);
  }

  function chooseReason(number, event) {
    var box = one("details.lj-because[open]"), chip = box && all(".lj-chip-button", box)[number - 1];
    if (!chip) return;
    event.preventDefault();
    chip.click();
  }

  /* ---- the next thing --------------------------------------------------------------------------- */

  function fetchAhead() {
    var link = one("a[rel=next]");
    ahead = null;
    if (!link) return;
    var held = { address: link.href, page: null };
    ahead = held;
    held.coming = fetch(link.href, { credentials: "same-origin", headers: { "X-Lujian-Ahead": "1" } })
      .then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (text) {
        var fetched = new DOMParser().parseFromString(text, "text/html");
        held.page = one(".lj-dossier", fetched) && fetched;
        if (held.page) all(".lj-big img", held.page).forEach(function (img) { new Image().src = img.getAttribute("src"); });
        return held.page;
      }).catch(function () { return null; });
  }

  /* Put a fetched page in place of this one; return what takes it back. */
  function show(fetched, address) {
    var was = page, before = location.href, title = document.title;
    var fresh = document.adoptNode(one(".lj-dossier", fetched));
    was.replaceWith(fresh);
    document.title = fetched.title;
    history.pushState({ lujian: true }, "", address);
    begin(fresh, one(".lj-map-script", fetched), was);
    scrollTo(0, 0);
    return function () {
      page.replaceWith(was);
      document.title = title;
      history.replaceState({ lujian: true }, "", before);
      begin(was, null, fresh);
    };
  }

  function unsaved() {
    return all("textarea, input[type=text]").some(function (field) { return field.value !== field.defaultValue; });
  }

  function goOn(event) {
    var link = event.target.closest("a[rel=next], a[rel=prev]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (unsaved() && !confirm(words.unsaved)) return event.preventDefault();
    if (!ahead || !ahead.page || ahead.address !== link.href) return;
    event.preventDefault();
    leave();
    show(ahead.page, ahead.address);
  }

  function onSubmit(event) {
    var form = event.target;
    if (form.method !== "post" || !page.contains(form)) return;
    var box = form.closest("[class~=lj-because]") || form;
    if (!form.hasAttribute("data-moves") || !one("[data-key]", box) || !ahead || !ahead.page) return;
    var others = all("textarea, input[type=text]").filter(function (field) { return !form.contains(field) && field.value !== field.defaultValue; });
    event.preventDefault();
    if (others.length && !confirm(words.unsaved)) return;
    var body = new URLSearchParams(new FormData(form));
    if (event.submitter && event.submitter.name) body.append(event.submitter.name, event.submitter.value);
    send(form.action, body);
  }

  /* Go on at once, and send meanwhile. */
  function send(address, body) {
    var back = show(ahead.page, ahead.address), now = page;
    tell(words.sending);
    fetch(address, { method: "POST", body: body, credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (answer) { return answer.json().then(function (told) { return { ok: answer.ok, told: told }; }); })
      .catch(function () { return { ok: false, told: { sentence: words.failed } }; })
      .then(function (result) {
        if (result.ok) return page === now ? told(result.told, address) : null;
        if (page === now) back();
        refuse(result.told.sentence || words.failed);
      });
  }

  function told(answer, address) {
    tell(answer.sentence || "");
    if (!answer.undo) return;
    var form = document.createElement("form"), button = document.createElement("button");
    form.method = "post";
    form.action = answer.undo + new URL(address, location.href).search;
    answer.fields.forEach(function (given) {
      var field = document.createElement("input");
      field.type = "hidden";
      field.name = given[0];
      field.value = given[1];
      form.append(field);
    });
    button.className = "lj-link";
    button.textContent = answer.undo_name;
    button.setAttribute("data-key", "u");
    form.append(button);
    one(".lj-told .lj-note").append(form);
  }

  function tell(said) {
    var line = document.createElement("div"), words = document.createElement("span");
    line.className = "lj-note";
    words.textContent = said;
    line.append(words);
    one(".lj-told").replaceChildren(line);
  }

  function refuse(said) {
    var line = one(".lj-problem");
    line.textContent = said;
    line.hidden = false;
    line.focus();
    line.scrollIntoView({ block: "nearest" });
  }

  /* ---- who else looks at it --------------------------------------------------------------------- */

  function beat() {
    var here = page;
    fetch(page.dataset.base + "/open", { method: "POST", credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (told) {
        if (!told || page !== here) return;
        var line = one(".lj-busy"), names = told.names.map(function (name) { return name || words.colleague; });
        line.textContent = names.length ? fill(words.busy, { names: names.join(words.between) }) : "";
        line.hidden = !names.length;
        if (told.seen !== page.dataset.seen) refuse(words.stale);
      }).catch(function () { /* the next one tells */ });
  }

  function leave() {
    if (navigator.sendBeacon) navigator.sendBeacon(page.dataset.base + "/leave");
  }

  /* ---- the map ---------------------------------------------------------------------------------- */

  function takeMap(script, was) {
    var box = one(".lj-map");
    if (!box) return;
    var held = was && one(".lj-map", was), same = held && box.dataset.campaign && held.dataset.campaign === box.dataset.campaign;
    if (same) {
      box.replaceChildren.apply(box, Array.prototype.slice.call(held.childNodes));
      return showPin();
    }
    if (was && !script) return;
    if (was) {
      if (window.lujianMap) window.lujianMap.remove();
      all(".lj-map-data", script).forEach(L.lujian.start);
    }
  }

  function say(name, detail) { window.dispatchEvent(new CustomEvent(name, { detail: detail })); }

  function where() {
    var box = one(".lj-map");
    return { longitude: Number(box.dataset.longitude), latitude: Number(box.dataset.latitude) };
  }

  /* The pin is moved by dragging it, never by a tap on the map. */
  function showPin() {
    var box = one(".lj-map");
    if (!box || !box.dataset.campaign) return;
    say("lujian:draw", { kind: "still" });
    say("lujian:show", where());
    var at = where();
    if (window.lujianMap) window.lujianMap.setView([at.latitude, at.longitude], 16.5, { animate: false });
  }

  function onPlaced(event) {
    var box = one(".lj-map"), form = one(".lj-correct form"), at = event.detail, from = where();
    if (!form || box.dataset.still) return say("lujian:show", from);
    form.closest("details").open = true;
    form.elements.longitude.value = at.longitude.toFixed(6);
    form.elements.latitude.value = at.latitude.toFixed(6);
    var metres = L.latLng(from.latitude, from.longitude).distanceTo([at.latitude, at.longitude]);
    one(".lj-shift").textContent = fill(words.moved, { n: Math.round(metres) });
  }

  /* ---- boxes over a photo ----------------------------------------------------------------------- */

  function boxes(frame) {
    var form = one("form.lj-blur", frame.parentNode), drawn = [], start = null;
    if (!form || frame.dataset.ready) return;
    frame.dataset.ready = "1";

    function write() {
      form.elements.regions.value = JSON.stringify(drawn.map(function (box) { return box.at.map(function (v) { return Math.round(v * 10000) / 10000; }); }));
      one("button[type=submit]", form).disabled = !drawn.length;
    }

    function paint(box) {
      ["left", "top", "width", "height"].forEach(function (name, i) { box.element.style[name] = box.at[i] * 100 + "%"; });
    }

    function add(at) {
      var box = { at: at, element: document.createElement("div") };
      box.element.className = "lj-blur-box";
      box.element.tabIndex = 0;
      box.element.setAttribute("role", "img");
      box.element.addEventListener("keydown", function (event) { push(box, event); });
      drawn.push(box);
      frame.append(box.element);
      name();
      paint(box);
      return box;
    }

    function name() {
      drawn.forEach(function (box, at) { box.element.setAttribute("aria-label", fill(words.box, { n: at + 1 })); });
      write();
    }

    function drop(box) {
      drawn.splice(drawn.indexOf(box), 1);
      box.element.remove();
      name();
    }

    function push(box, event) {
      var step = { ArrowLeft: [-0.01, 0], ArrowRight: [0.01, 0], ArrowUp: [0, -0.01], ArrowDown: [0, 0.01] }[event.key];
      if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); drop(box); return one("[data-act=box]", form).focus(); }
      if (!step) return;
      event.preventDefault();
      var at = event.shiftKey ? [0, 0, step[0], step[1]] : [step[0], step[1], 0, 0];
      box.at = within(box.at.map(function (v, i) { return v + at[i]; }));
      paint(box);
      write();
    }

    function within(at) {
      var w = Math.min(Math.max(at[2], 0.01), 1), h = Math.min(Math.max(at[3], 0.01), 1);
      return [Math.min(Math.max(at[0], 0), 1 - w), Math.min(Math.max(at[1], 0), 1 - h), w, h];
    }

    function spot(event) {
      var area = frame.getBoundingClientRect();
      return [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height].map(function (v) { return Math.min(Math.max(v, 0), 1); });
    }

    frame.addEventListener("pointerdown", function (event) {
      if (!frame.classList.contains("lj-blurring") || event.button) return;
      event.preventDefault();
      frame.setPointerCapture(event.pointerId);
      start = { at: spot(event), box: null };
    });
    frame.addEventListener("pointermove", function (event) {
      if (!start) return;
      var to = spot(event), from = start.at;
      var at = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
      if (!start.box) { if (at[2] < 0.01 || at[3] < 0.01) return; start.box = add(at); }
      start.box.at = within(at);
      paint(start.box);
    });
    ["pointerup", "pointercancel"].forEach(function (kind) {
      frame.addEventListener(kind, function () { if (start) write(); start = null; });
    });
    form.closest("details").addEventListener("toggle", function () { frame.classList.toggle("lj-blurring", this.open); });
    one("[data-act=box]", form).addEventListener("click", function () { add([0.4, 0.4, 0.2, 0.2]).element.focus(); });
    write();
  }

  /* ---- templates of replies --------------------------------------------------------------------- */

  function onChange(event) {
    var select = event.target.closest("select[data-templates]");
    if (!select || !select.value) return;
    var form = select.form, chosen = JSON.parse(select.selectedOptions[0].dataset.template);
    form.elements.reply.value = chosen.text;
    form.elements.stage.value = chosen.stage;
  }

  /* ---- a page begins ---------------------------------------------------------------------------- */

  function begin(dossier, script, was) {
    page = dossier;
    words = JSON.parse(page.dataset.words);
    takeMap(script, was);
    all(".lj-blur-frame").forEach(boxes);
    fetchAhead();
    clearInterval(beating);
    beating = setInterval(beat, 45000);
    if (was) beat();
  }

  function start() {
    var dossier = one(".lj-dossier", document);
    if (!dossier) return;
    document.addEventListener("keydown", onKey);
    document.addEventListener("submit", onSubmit);
    document.addEventListener("click", goOn);
    document.addEventListener("change", onChange);
    document.addEventListener("click", function (event) {
      if (event.target.closest("[data-act=help]")) one("dialog.lj-help", document).showModal();
    });
    window.addEventListener("lujian:ready", showPin);
    window.addEventListener("lujian:placed", onPlaced);
    window.addEventListener("popstate", function () { location.reload(); });
    window.addEventListener("pagehide", leave);
    begin(dossier, null, null);
  }

  start();
})();
