/* What the light pages do without a network, around the form: they register the worker, hand what
   cannot be sent to the outbox, send it when there is a network again, and say what waits. The words
   stand in the page (templates/outbox.html). */
(function () {
  "use strict";
  var outbox = window.LuJianOutbox, words = document.getElementById("lj-outbox");
  if (!words || !window.indexedDB) return;  // a page of the desk, or a browser that keeps nothing
  var TAG = "lujian-outbox", RETRY_MS = 60000, OFFER_MS = 4000, lang = words.getAttribute("data-lang"), timer;
  var $ = function (root, selector) { return root.querySelector(selector); };
  var $$ = function (root, selector) { return Array.prototype.slice.call(root.querySelectorAll(selector)); };
  var panel = null;  // {token, box, form}: what this very page could not send

  function said(name) { return words.getAttribute("data-" + name); }
  function copyOf(name) { return words.content.querySelector("[data-part=" + name + "]").cloneNode(true); }
  function moment(ms) {
    return new Date(ms).toLocaleString(lang.replace("_", "-"), { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  }

  /* ---- sending ----------------------------------------------------------------------------- */

  function solve(challenge) { return import("/assets/web/proof.js").then(function (desk) { return desk.solve(challenge); }); }

  function drain() {
    clearTimeout(timer);
    if (navigator.onLine === false) return Promise.resolve();
    return outbox.drain(solve).then(function (waiting) {
      if (waiting) timer = setTimeout(drain, RETRY_MS);
    }).then(show, function () {});
  }

  /* The browser itself may wake the worker when there is a network, with every page closed. */
  function later() {
    if (!navigator.serviceWorker) return;
    navigator.serviceWorker.ready.then(function (own) { return own.sync && own.sync.register(TAG); }).catch(function () {});
  }

  /* ---- from the form and back -------------------------------------------------------------- */

  function entryOf(say, state) {
    var fields = [];
    new FormData(say.form).forEach(function (value, name) {
      if (typeof value === "string" && ["proof", "photos", "photo", "place"].indexOf(name) < 0) fields.push([name, value]);
    });
    return {
      token: say.value("client_token"), slug: say.slug, action: say.form.getAttribute("action"), lang: lang, kind: say.kind,
      fields: fields, photos: say.photos.slice(), text: say.value("text").slice(0, 200), at: Date.now(), state: state,
      files: say.failed.map(function (one) { return { name: one.file.name, blob: one.file }; })
    };
  }

  /* Take what the form says into the outbox. Fails where the browser keeps nothing: the form goes on by itself. */
  function hold(say) {
    var entry = entryOf(say, "waiting");
    return outbox.put(entry).then(function () {
      say.anew();
      openPanel(entry.token, say.form);
      later();
      // The line may be back already, or only have stumbled.
      timer = setTimeout(drain, 3000);
    });
  }

  function openPanel(token, form) {
    if (panel) panel.box.remove();
    var box = copyOf("panel");
    form.hidden = true;
    form.parentNode.insertBefore(box, form);
    panel = { token: token, box: box, form: form };
    $(box, "[data-do=another]").addEventListener("click", closePanel);
    show();
    box.setAttribute("tabindex", "-1");
    box.focus({ preventScroll: true });
    box.scrollIntoView({ block: "start" });
  }

  function closePanel() {
    panel.form.hidden = false;
    panel.box.remove();
    panel = null;
  }

  /* Put an entry back into the form. It stays in the outbox, unsent, until the form is sent: what was
     begun in the form meanwhile goes there in its place. */
  function edit(token) {
    var form = $(document, "form.lj-say"), say = form && form.lujianSay;
    if (!say || say.changing) return;
    outbox.change(token, function (entry) {
      if (outbox.isHeld(entry) || entry.state === "sent") return undefined;
      entry.state = "editing";
      return entry;
    }).then(function (entry) {
      if (!entry || entry.slug !== say.slug) return;
      var other = say.value("text").trim() && say.value("client_token") !== token ? outbox.put(entryOf(say, "editing")) : Promise.resolve();
      return other.then(function () { fill(say, entry); });
    });
  }

  function fill(say, entry) {
    if (panel) closePanel();
    var fields = {};
    entry.fields.forEach(function (pair) { (fields[pair[0]] = fields[pair[0]] || []).push(pair[1]); });
    say.empty();
    say.put({ kind: entry.kind, fields: fields, photos: entry.photos, at: entry.at });
    say.save();
    say.conditions();
    say.pictures();
    say.toMap(true);
    if (say.has()) say.about();
    if (entry.files.length) say.addPhotos(entry.files.map(function (one) { return new File([one.blob], one.name, { type: one.blob.type }); }));
    if (entry.problem) say.trouble(entry.problem.field, entry.problem.sentence || said("failed"));
  }

  function byHash() {
    var found = /^#held-([A-Za-z0-9]+)$/.exec(location.hash);
    if (!found || !$(document, "form.lj-say")) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    window.LuJian.ready(function () { edit(found[1]); });
  }

  /* ---- what is seen of it ------------------------------------------------------------------ */

  function stateOf(entry) {
    if (outbox.isHeld(entry)) return "sending";
    return entry.state === "waiting" && entry.not_before > Date.now() ? "later" : entry.state;
  }

  function dress(box, entry) {
    var state = stateOf(entry), problem = $(box, ".lj-problem"), code = $(box, ".lj-code"), photos = entry.files ? entry.files.length + entry.photos.length : 0;
    box.setAttribute("data-token", entry.token);
    box.setAttribute("data-state", state);
    $(box, ".lj-stage").textContent = state === "later" ? said("later").replace("{when}", moment(entry.not_before)) : said(state);
    $(box, ".lj-excerpt").textContent = entry.text;
    $(box, "[data-written]").textContent = moment(entry.sent_at || entry.at);
    problem.textContent = state === "returned" ? entry.problem.sentence || said("failed") : "";
    problem.hidden = state !== "returned";
    $(box, "[data-photos]").hidden = !photos;
    $(box, "[data-photos] b").textContent = photos;
    code.textContent = entry.receipt || "";
    code.hidden = !entry.receipt;
    $$(box, "[data-in]").forEach(function (one) { one.hidden = one.getAttribute("data-in").split(" ").indexOf(state) < 0; });
    $(box, "a[data-do=open]").href = entry.address || "";
    $(box, "a[data-do=edit]").href = "/w/c/" + entry.slug + "#held-" + entry.token;
    return box;
  }

  function show() {
    return outbox.all().then(function (entries) {
      $$(document, "[data-outbox]").forEach(function (room) {
        var list = $(room, "ul");
        list.textContent = "";
        entries.forEach(function (entry) { list.appendChild(dress(copyOf("item"), entry)); });
        room.hidden = !entries.length;
      });
      strip(entries);
      if (panel) follow(entries);
    }, function () {});
  }

  /* The one line on every other page: a person has to look, or something waits, or was sent meanwhile. */
  function strip(entries) {
    var line = $(document, "#lj-strip");
    if (!line) return;
    var state = ["returned", "editing", "waiting", "sent"].filter(function (one) {
      return entries.some(function (entry) { return entry.state === one && !(panel && panel.token === entry.token); });
    })[0];
    var own = $(document, "[data-outbox]");
    line.hidden = !state || Boolean(own);
    if (state) $(line, "span").textContent = said("strip-" + state);
  }

  /* The page that could not send it leads to the receipt once it is there, or back to the form. */
  function follow(entries) {
    var entry = entries.filter(function (one) { return one.token === panel.token; })[0];
    if (!entry) return closePanel();
    if (entry.state === "sent") return window.location.assign(entry.address);
    if (entry.state === "returned") return edit(entry.token);
    if (entry.state === "editing") return closePanel();
    dress(panel.box, entry);
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-do]");
    var box = button && button.closest("[data-token]");
    if (!box) return;
    var token = box.getAttribute("data-token"), act = button.getAttribute("data-do");
    if (act === "now") {
      outbox.change(token, function (entry) { delete entry.not_before; if (entry.state === "editing" || entry.state === "returned") entry.state = "waiting"; return entry; }).then(function () {
        if (navigator.onLine === false) $(box, "[data-still]").hidden = false;
        return drain();
      });
    }
    if (act === "drop" || act === "seen") outbox.drop(token);
    if (act === "edit" && $(document, "form.lj-say") && panel && panel.token === token) { event.preventDefault(); edit(token); }
  });

  /* ---- copies without a network ------------------------------------------------------------ */

  /* A page that was kept says so; scanned with another place, it takes that place's pin. */
  function kept() {
    var at = +document.documentElement.getAttribute("data-kept"), line = $(document, "#lj-kept-page");
    if (!at || !line) return;
    $(line, "span").textContent = said("kept").replace("{when}", moment(at));
    line.hidden = false;
    var place = (new URLSearchParams(location.search).get("at") || "").split(","), say = ($(document, "form.lj-say") || {}).lujianSay;
    if (place.length !== 2 || !say) return;
    window.LuJian.ready(function () {
      if (!say.value("longitude")) say.placed({ longitude: +place[0], latitude: +place[1], placed_by: "search", show: true });
    });
  }

  /* On the page for everything else: which pages open without a network. */
  function listKept(room) {
    if (!window.caches) return;
    caches.keys().then(function (names) {
      return Promise.all(names.filter(function (name) { return name.indexOf("lujian-pages-") === 0; }).map(function (name) {
        return caches.open(name).then(function (cache) {
          return cache.keys().then(function (requests) {
            return Promise.all(requests.map(function (one) { return new URL(one.url); }).filter(function (url) { return /^\/w\/(c\/[^/]+)?$/.test(url.pathname); })
              .map(function (url) { return cache.match(url.href).then(function (page) { return page.text(); }).then(function (text) { return [url, text]; }); }));
          });
        });
      }));
    }).then(function (found) {
      var seen = {}, list = $(room, "ul");
      [].concat.apply([], found).forEach(function (pair) {
        var url = pair[0], item = document.createElement("li"), link = document.createElement("a");
        if (seen[url.pathname] || url.searchParams.get("lang") !== lang) return;
        seen[url.pathname] = true;
        link.href = url.pathname;
        link.className = "lj-alone";
        link.textContent = url.pathname === "/w/" ? said("home") : new DOMParser().parseFromString(pair[1], "text/html").title.split(" · 路见")[0];
        item.appendChild(link);
        list.appendChild(item);
      });
      room.hidden = !list.childNodes.length;
    }).catch(function () {});
  }

  /* ---- the worker -------------------------------------------------------------------------- */

  function typed() {
    return $$(document, "form.lj-say").some(function (form) {
      return form.lujianSay && (form.lujianSay.value("text").trim() || form.lujianSay.photos.length || form.lujianSay.failed.length);
    });
  }

  function register() {
    navigator.serviceWorker.register("/w/sw.js", { scope: "/w/" }).then(function (own) {
      // Asked again while it waits: the page before this one may still have been closing.
      function offer() {
        if (!own.waiting) return;
        if (!typed()) own.waiting.postMessage({ takeOver: true });
        setTimeout(offer, OFFER_MS);
      }
      offer();
      own.addEventListener("updatefound", function () {
        var next = own.installing;
        if (next) next.addEventListener("statechange", function () { if (next.state === "installed") offer(); });
      });
      return navigator.serviceWorker.ready;
    }).then(function (own) {
      own.active.postMessage({ visited: {
        lang: lang, large: document.documentElement.classList.contains("lj-large"),
        page: document.documentElement.hasAttribute("data-kept") ? "" : location.pathname + location.search,
        script: new URL($(document, "script[data-light]").src).pathname + new URL($(document, "script[data-light]").src).search
      } });
    }).catch(function () {});  // not by https, or not wanted
  }

  /* ---- a place on the home screen: offered once something was filed, never within WeChat ------ */

  function install() {
    var box = $(document, "#lj-install"), KEY = "lujian-install", asked = null;
    var chat = /MicroMessenger/i.test(navigator.userAgent);
    var there = navigator.standalone || window.matchMedia("(display-mode: standalone)").matches;
    window.addEventListener("beforeinstallprompt", function (event) {
      event.preventDefault();
      asked = event;
      if (box) offer("[data-way=ask]");
    });
    function offer(way) {
      try { if (localStorage.getItem(KEY)) return; } catch (error) { return; }
      if (chat || there) return;
      box.hidden = false;
      $(box, way).hidden = false;
    }
    function done() { box.hidden = true; try { localStorage.setItem(KEY, "1"); } catch (error) { /* private mode */ } }
    if (!box) return;
    if (/iP(hone|ad)/.test(navigator.userAgent) && navigator.standalone === false) offer("[data-way=ios]");
    $(box, "[data-way=ask] button").addEventListener("click", function () { if (asked) asked.prompt(); done(); });
    $(box, "[data-no]").addEventListener("click", done);
  }

  /* What was sent, and is read on its receipt now, need not be told again. */
  function read() {
    var code = /^\/w\/r\/([^/]+)$/.exec(location.pathname), filed = null;
    if (!code) return Promise.resolve();
    try { filed = sessionStorage.getItem("lujian-filed"); } catch (error) { /* private mode */ }
    return outbox.all().then(function (entries) {
      return Promise.all(entries.filter(function (entry) {
        return entry.token === filed || (entry.state === "sent" && entry.receipt === decodeURIComponent(code[1]));
      }).map(function (entry) { return entry.state === "sent" ? outbox.drop(entry.token) : outbox.change(entry.token, function () { return null; }); }));
    }).catch(function () {});
  }

  window.LuJianShell = { hold: hold };
  outbox.listen(show);
  window.addEventListener("online", drain);
  window.addEventListener("pageshow", function (event) { if (event.persisted) show(); });
  $$(document, "[data-reload]").forEach(function (button) { button.addEventListener("click", function () { location.reload(); }); });
  $$(document, "[data-kept-list]").forEach(listKept);
  kept();
  byHash();
  install();
  read().then(show).then(drain);
  if (navigator.serviceWorker) {
    if (document.readyState === "complete") register();
    else window.addEventListener("load", register);
  }
})();
