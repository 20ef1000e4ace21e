/* The light pages' script: the form, support, the list, sharing. Everything it does can be done without
   it by plain forms; it adds the map's pin, the search, drafts that survive a reload, and answers in place.
   What is allowed is decided by the server. Text from people is set as text, never as markup. */
(function () {
  "use strict";
  if (window.LuJian) return;
  document.documentElement.classList.add("lj-js");

  var $ = function (root, selector) { return root.querySelector(selector); };
  var $$ = function (root, selector) { return Array.prototype.slice.call(root.querySelectorAll(selector)); };

  function element(tag, className, text) {
    var made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined && text !== null) made.textContent = text;
    return made;
  }

  function fill(sentence, values) {
    return sentence.replace(/\{(\w+)\}/g, function (whole, name) { return name in values ? shown(values[name]) : whole; });
  }

  /* A number as the page's language writes it. */
  function shown(value) { return typeof value === "number" ? value.toLocaleString(document.documentElement.lang) : value; }

  function say(name, detail) { window.dispatchEvent(new CustomEvent("lujian:" + name, { detail: detail || {} })); }

  /* Ask for JSON; a refusal comes back as {status, body}, a lost connection as {status: 0}. */
  function ask(address, options) {
    var wanted = Object.assign({ credentials: "same-origin" }, options);
    wanted.headers = Object.assign({ Accept: "application/json" }, wanted.headers);
    return fetch(address, wanted).then(function (answer) {
      return answer.json().catch(function () { return {}; }).then(function (body) {
        return { ok: answer.ok, status: answer.status, body: body };
      });
    }, function () { return { ok: false, status: 0, body: {} }; });
  }

  /* A button at work: it keeps the focus, as one that is disabled would not, and does nothing more. */
  function hold(button, held) { button.setAttribute("aria-disabled", String(held)); }
  function isHeld(button) { return button.getAttribute("aria-disabled") === "true"; }

  /* Where the focus goes when what had it has left the page. */
  function keepFocus(element) {
    var now = document.activeElement;
    if (element && (!now || now === document.body || !document.contains(now))) element.focus({ preventScroll: true });
  }

  /* The language of what somebody wrote, where it is not the page's: told by its script. */
  function inTongue(made, text) {
    var chinese = /[\u3400-\u9fff\uf900-\ufaff]/.test(text), page = document.documentElement.lang;
    if (chinese && page.indexOf("zh") !== 0) made.lang = "zh";
    if (!chinese && page.indexOf("zh") === 0 && /[A-Za-z]{2,}[\s,.;:]+[A-Za-z]{2,}/.test(text)) made.lang = "en";
    return made;
  }

  var wechat = /MicroMessenger/i.test(navigator.userAgent);

  var store = {
    get: function (key) { try { return JSON.parse(localStorage.getItem(key)); } catch (error) { return null; } },
    set: function (key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch (error) { /* private mode */ } },
    drop: function (key) { try { localStorage.removeItem(key); } catch (error) { /* private mode */ } },
    keys: function () { try { return Object.keys(localStorage); } catch (error) { return []; } }
  };

  /* ---- drafts: each tab keeps its own, and one that was left behind can be taken up ------------ */

  var drafts = (function () {
    var ANSWERS_MS = 150, page = token(), tab = "", waiting = [], asking = [];
    var channel = window.BroadcastChannel ? new BroadcastChannel("lujian-tabs") : null;
    var session = {
      get: function (key) { try { return sessionStorage.getItem(key); } catch (error) { return null; } },
      set: function (key, value) { try { sessionStorage.setItem(key, value); } catch (error) { /* private mode */ } },
      drop: function (key) { try { sessionStorage.removeItem(key); } catch (error) { /* private mode */ } }
    };

    if (channel) channel.onmessage = function (event) {
      var told = event.data || {};
      if (told.ask) { if (tab) channel.postMessage({ to: told.ask, tab: tab }); }
      else if (told.to === page) asking.forEach(function (found) { found.push(told.tab); });
    };

    /* Which other tabs are open. One that the system has frozen does not answer: the server tells a
       filing from another by what it says, so that nothing hangs on it. */
    function living(act) {
      var found = [];
      if (!channel) return act(found);
      asking.push(found);
      channel.postMessage({ ask: page });
      setTimeout(function () { asking.splice(asking.indexOf(found), 1); act(found); }, ANSWERS_MS);
    }

    function settle(name) {
      tab = name;
      session.set("lujian-tab", tab);
      session.drop("lujian-tab-left");
      waiting.splice(0).forEach(function (act) { act(); });
    }

    /* A page that leaves its tab says so, and the next one there goes on under the same name. Without
       that the tab broke down, or this is a copy of it: the copy takes another name. */
    function begin() {
      var mine = session.get("lujian-tab");
      if (!mine) return settle(page);
      if (session.get("lujian-tab-left")) return settle(mine);
      living(function (others) { settle(others.indexOf(mine) >= 0 ? page : mine); });
    }
    window.addEventListener("pagehide", function () { if (tab) session.set("lujian-tab-left", "1"); });
    window.addEventListener("pageshow", function (event) { if (event.persisted) session.drop("lujian-tab-left"); });
    begin();

    function key(name) { return name + "~" + tab; }

    return {
      ready: function (act) { if (tab) act(); else waiting.push(act); },
      get: function (name) { return store.get(key(name)); },
      set: function (name, value) { store.set(key(name), value); },
      drop: function (name) { store.drop(key(name)); },
      filed: function (name) { return session.get("lujian-filed") === name; },
      file: function (name) { session.set("lujian-filed", name); },
      /* What tabs that are closed have left under this name, the latest first. */
      left: function (name, act) {
        living(function (others) {
          var found = [];
          store.keys().forEach(function (full) {
            var owner = full === name ? "" : full.slice(name.length + 1);
            if (full !== name && full.indexOf(name + "~") !== 0) return;
            if (owner !== tab && others.indexOf(owner) < 0) found.push({ key: full, kept: store.get(full) });
          });
          act(found.sort(function (one, other) { return ((other.kept || {}).at || 0) - ((one.kept || {}).at || 0); }));
        });
      }
    };
  })();

  function later(act, ms) {
    var timer;
    return function () { clearTimeout(timer); timer = setTimeout(act, ms); };
  }

  function metres(value, words) {
    if (value < 997.5) return fill(words.metres, { n: value < 20 ? Math.round(value) : 5 * Math.round(value / 5) });
    return fill(words.kilometres, { n: Math.round(value / 100) / 10 });
  }

  /* ---- support: a second tap undoes it ------------------------------------------------------- */

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches || !form.matches("form[data-support]")) return;
    event.preventDefault();
    var button = $(form, "button");
    if (isHeld(button)) return;
    hold(button, true);
    ask(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)) }).then(function (answer) {
      hold(button, false);
      if (!answer.ok) { if (answer.body.sentence) alert(answer.body.sentence); return; }
      $$(document, "form[data-support]").forEach(function (other) {
        if (other.getAttribute("action") !== form.getAttribute("action")) return;
        var pressed = $(other, "button");
        other.elements.on.value = answer.body.supported ? "0" : "1";
        pressed.setAttribute("aria-pressed", String(answer.body.supported));
        $(pressed, ".lj-say-it").textContent = pressed.getAttribute(answer.body.supported ? "data-on" : "data-off");
        $(pressed, ".lj-count").textContent = answer.body.supports;
      });
    });
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-share], [data-copy]");
    if (!button) return;
    var address = button.getAttribute("data-url") || button.getAttribute("data-copy");
    if (button.hasAttribute("data-share") && navigator.share) {
      navigator.share({ title: button.getAttribute("data-title"), url: address }).catch(function () {});
      return;
    }
    copy(address).then(function () { shared(button, true, address); }, function () { shared(button, false, address); });
  });

  /* Say what has become of the link: long enough to be read, and beside its button. */
  function shared(button, copied, address) {
    var box = button.nextElementSibling;
    if (!box || !box.classList.contains("lj-shared")) {
      box = element("span", "lj-shared");
      box.setAttribute("role", "status");
      button.insertAdjacentElement("afterend", box);
    }
    clearTimeout(box.lujianQuiet);
    box.textContent = "";
    box.appendChild(element("span", "", button.getAttribute(copied ? "data-copied" : "data-uncopied")));
    if (copied) { box.lujianQuiet = setTimeout(function () { box.remove(); }, 20000); return; }
    var field = element("input");
    field.type = "text";
    field.readOnly = true;
    field.value = address;
    field.setAttribute("aria-label", button.getAttribute("data-uncopied"));
    box.appendChild(field);
    field.focus();
    field.select();
  }

  function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text).catch(function () { return copyOld(text); });
    return copyOld(text);
  }

  function copyOld(text) {
    var box = element("textarea"), held = document.activeElement, done = false;
    box.value = text;
    box.readOnly = true;  // no keyboard comes up for it
    document.body.appendChild(box);
    box.select();
    try { done = document.execCommand("copy"); } catch (error) { done = false; }
    box.remove();
    if (held && held.focus) held.focus({ preventScroll: true });
    return done ? Promise.resolve() : Promise.reject(new Error("not copied"));
  }

  /* ---- the list ------------------------------------------------------------------------------ */

  function mountList(root) {
    var form = $(root, ".lj-filters");
    function show(query) {
      return fetch(root.getAttribute("data-list") + "?" + query, { credentials: "same-origin" })
        .then(function (answer) { return answer.text(); })
        .then(function (page) {
          var fresh = $(new DOMParser().parseFromString(page, "text/html"), ".lj-found-list");
          if (fresh) $(root, ".lj-found-list").replaceWith(fresh);
        }, function () { form.submit(); });
    }
    function query() { return new URLSearchParams(new FormData(form)).toString(); }
    form.addEventListener("submit", function (event) { event.preventDefault(); near(function () { show(query()); }); });
    $$(form, "select").forEach(function (box) { box.addEventListener("change", function () { near(function () { show(query()); }); }); });
    root.addEventListener("click", function (event) {
      var link = event.target.closest && event.target.closest(".lj-pages a");
      if (!link) return;
      event.preventDefault();
      show(link.getAttribute("href").split("?")[1].split("#")[0]).then(function () { root.scrollIntoView(); });
    });
    /* "Near me" needs a position: the pin that stands, else the device's. */
    function near(act) {
      if (form.elements.sort.value !== "near") return act();
      var pin = store.get("lujian-last-place");
      if (pin) { form.elements.at.value = pin.longitude + "," + pin.latitude; return act(); }
      if (!navigator.geolocation) return act();
      navigator.geolocation.getCurrentPosition(function (found) {
        form.elements.at.value = found.coords.longitude.toFixed(6) + "," + found.coords.latitude.toFixed(6);
        act();
      }, act, { timeout: 10000, maximumAge: 60000 });
    }
  }

  /* ---- a text that is kept while it is typed ---------------------------------------------------- */

  function keepText(form) {
    var key = "lujian-" + form.getAttribute("data-draft"), box = $(form, "textarea");
    function put(text) { if (!box.value && typeof text === "string") box.value = text; }
    function keep() { if (box.value) drafts.set(key, box.value); else drafts.drop(key); }
    form.autocomplete = "off";  // what the browser remembers after "Back" would be said twice
    box.addEventListener("input", function () { drafts.ready(keep); });
    drafts.ready(function () {
      if (form.hasAttribute("data-sent")) drafts.drop(key);
      if (drafts.get(key)) return put(drafts.get(key));
      drafts.left(key, function (found) {
        if (!found.length || box.value) return;
        put(found[0].kept);
        store.drop(found[0].key);
        keep();
      });
    });
  }

  /* ---- the form -------------------------------------------------------------------------------- */

  function Say(form) {
    this.form = form;
    this.slug = form.getAttribute("data-slug");
    this.words = JSON.parse(form.getAttribute("data-words"));
    this.looks = JSON.parse(form.getAttribute("data-looks"));
    this.kinds = form.getAttribute("data-kinds").split(" ");
    this.kind = this.kinds[0];
    this.key = "lujian-draft-" + form.getAttribute("data-key");
    this.api = "/api/campaigns/" + this.slug + "/";
    this.photos = [];
    this.failed = [];
    this.underway = [];
    this.known = $(form, ".lj-known");
    this.changing = this.key.indexOf("lujian-draft-change-") === 0;
    this.good = null;
    this.start();
  }

  Say.prototype = {
    field: function (name) { return this.form.elements[name]; },
    value: function (name) { var field = this.field(name); return field ? field.value : ""; },
    set: function (name, value) { var field = this.field(name); if (field) field.value = value; },
    part: function (selector) { return $(this.form, selector); },

    start: function () {
      var self = this, form = this.form;
      form.autocomplete = "off";  // the draft is kept below: what the browser adds after "Back" would not fit it
      if (!this.value("client_token")) this.set("client_token", token());
      this.given = this.value("text") && !this.changing ? null : this.fields().map(function (field) {
        return { field: field, value: field.value, checked: field.checked };
      });
      this.photos = this.value("photos").split(",").filter(Boolean);
      form.addEventListener("input", function () { self.personal = ""; self.showPersonal([]); self.conditions(); self.save(); });
      form.addEventListener("change", function () { self.conditions(); self.save(); });
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        if (isHeld(self.part(".lj-send"))) return;
        if (event.submitter && event.submitter.name !== "personal") self.personal = "";
        self.send();
      });
      form.addEventListener("click", function (event) { self.clicked(event); });
      this.listening = {
        "lujian:placed": function (event) { self.placed(event.detail); },
        "lujian:shape": function (event) { self.drawn(event.detail); },
        "lujian:ready": function () { self.toMap(true); },
        "lujian:locate": function () { var button = self.part('[data-act="locate"]'); if (button) self.locate(button); },
        "online": function () {
          if (self.failed.length && self.lost()) self.retry(self.failed.slice());
          if (self.waiting) self.send();
        },
        // Back from the receipt, out of the browser's memory: the form is for another proposal.
        "pageshow": function (event) { if (event.persisted && self.filed) { self.filed = false; self.anew(); } }
      };
      Object.keys(this.listening).forEach(function (name) { window.addEventListener(name, self.listening[name]); });
      this.searching();
      this.scanned();
      this.taking();
      if (this.part("input[name=photo]")) this.part("input[name=photo]").addEventListener("change", function () { self.addPhotos(this.files); });
      var text = this.field("text");
      if (text) text.addEventListener("input", later(function () { if (self.has()) self.about(); }, 900));
      // Back from the receipt: the browser shows the form as it was sent, under the token that is used up.
      if (drafts.filed(this.value("client_token"))) this.empty();
      this.conditions();
      this.toMap(true);
      drafts.ready(function () {
        self.restore();
        self.conditions();
        self.pictures();
        self.toMap(true);
        if (self.has()) self.about();
      });
    },

    /* Of a scanned card the place is known and folded away; the map comes to who changes it. */
    scanned: function () {
      var self = this, known = this.known, two = this.form.closest(".lj-two");
      if (!known) return;
      known.addEventListener("toggle", function () {
        if (!known.open || !two || two.firstElementChild.contains(known) === false) return;
        var map = $(two, ".lj-map");
        if (!map) return;
        two.insertBefore(map, two.firstElementChild);
        window.dispatchEvent(new Event("resize"));  // the map measures its room anew
        map.scrollIntoView({ block: "start" });
      });
      // What it is about is chosen with a finger: the words come next, so they have the keyboard.
      var touched = 0;
      this.form.addEventListener("pointerup", function (event) { touched = event.pointerType === "touch" ? event.timeStamp : 0; });
      this.form.addEventListener("change", function (event) {
        if (event.target.name === "category" && touched && event.timeStamp - touched < 700 && !self.value("text")) self.field("text").focus();
      });
    },

    /* In WeChat the chooser of files may offer the album alone: a second button opens the camera. */
    taking: function () {
      var self = this, label = this.part(".lj-take");
      if (!label || !wechat) return;
      label.hidden = false;
      $(label, "input").addEventListener("change", function () { self.addPhotos(this.files); this.value = ""; });
    },

    fields: function () {
      return $$(this.form, "textarea, input").filter(function (field) {
        return ["file", "submit"].indexOf(field.type) < 0 && ["lang", "website", "proof", "client_token"].indexOf(field.name) < 0;
      });
    },

    stop: function () {
      var self = this;
      Object.keys(this.listening).forEach(function (name) { window.removeEventListener(name, self.listening[name]); });
    },

    has: function () { return this.kind === "point" ? this.value("longitude") !== "" : this.value("shape") !== ""; },

    /* -- drafts -- */

    save: function () {
      if (this.filed) return;
      var kept = { kind: this.kind, fields: {}, photos: this.photos, unsent: this.unsent(), at: Date.now(), action: this.form.getAttribute("action") };
      new FormData(this.form).forEach(function (value, name) {
        if (typeof value !== "string" || name === "website" || name === "proof" || name === "place") return;
        (kept.fields[name] = kept.fields[name] || []).push(value);
      });
      if (this.offered && worth(kept)) this.offer([]);
      drafts.ready(function (name) { drafts.set(name, kept); }.bind(null, this.key));
    },

    restore: function () {
      var self = this, kept = drafts.get(this.key);
      if (this.changing) return kept && kept.action === this.form.getAttribute("action") && this.put(kept);
      if (this.value("text")) return;
      if (kept && kept.fields) return this.put(kept);
      drafts.left(this.key, function (found) {
        if (!self.value("text")) self.offer(found.filter(function (one) {
          var good = worth(one.kept);
          if (!good) store.drop(one.key);
          return good;
        }));
      });
    },

    /* What was begun in a tab that is closed: to go on with it, or not. */
    offer: function (found) {
      var box = this.part(".lj-left");
      this.offered = found[0];
      box.hidden = !found.length;
      if (!found.length) return;
      $(box, "q").textContent = (found[0].kept.fields.text || [""])[0].slice(0, 60);
      this.others = found.slice(1);
    },

    takeUp: function (take) {
      var chosen = this.offered;
      store.drop(chosen.key);
      this.offer(take ? [] : this.others);
      keepFocus(this.field("text"));
      if (!take) return;
      this.put(chosen.kept);
      this.save();
      this.conditions();
      this.pictures();
      this.toMap(true);
      if (this.has()) this.about();
    },

    put: function (kept) {
      var form = this.form, given = !this.changing && this.value("longitude"), fields = kept.fields, told = worth(kept);
      if (this.changing) $$(form, "input[type=radio], input[type=checkbox]").forEach(function (field) { field.checked = false; });
      Object.keys(fields).forEach(function (name) {
        if (given && /^(longitude|latitude|placed_by|accuracy_m|shape)$/.test(name)) return;
        $$(form, '[name="' + name + '"]').forEach(function (field) {
          if (field.type === "radio" || field.type === "checkbox") field.checked = fields[name].indexOf(field.value) >= 0;
          else if (field.type !== "file" && name !== "lang") field.value = fields[name][0];
        });
      });
      this.photos = kept.photos || [];
      if (!given && this.kinds.indexOf(kept.kind) >= 0) this.choose(kept.kind, true);
      this.part(".lj-kept").hidden = !told;
      if ((kept.unsent || []).length) this.trouble("photo", fill(this.words.photos_unsent, { names: kept.unsent.join(", ") }));
    },

    anew: function () {
      drafts.drop(this.key);
      this.told_all([]);
      this.empty();
      this.part(".lj-kept").hidden = true;
      this.pictures();
      this.conditions();
      this.forget();
      this.toMap(false);
      if (this.has()) this.about();
      keepFocus(this.field("text"));
    },

    /* As the page came: the pin of a card in the street stays, all that was typed goes. */
    empty: function () {
      $$(this.form, "textarea, input[type=text], input[type=number]").forEach(function (field) { field.value = ""; });
      $$(this.form, "input[type=radio], input[type=checkbox]").forEach(function (field) { field.checked = false; });
      ["longitude", "latitude", "accuracy_m", "shape", "photos"].forEach(function (name) { this.set(name, ""); }, this);
      (this.given || []).forEach(function (was) { was.field.value = was.value; was.field.checked = was.checked; });
      var at = (this.form.getAttribute("data-at") || "").split(",");
      if (at.length === 2) { this.set("longitude", at[0]); this.set("latitude", at[1]); this.set("placed_by", "search"); }
      this.set("client_token", token());
      this.photos = [];
      this.dropFailed();
      this.good = null;
    },

    /* -- the place -- */

    clicked: function (event) {
      var button = event.target.closest("button[data-act], button[data-nudge], button[data-kind], button[name=personal]");
      if (!button) return;
      if (button.name === "personal") { this.personal = button.value; return; }
      var act = button.getAttribute("data-act"), nudge = button.getAttribute("data-nudge"), kind = button.getAttribute("data-kind");
      if (kind) this.choose(kind);
      else if (nudge) { nudge = nudge.split(" "); say("nudge", { east_m: +nudge[0], north_m: +nudge[1] }); }
      else if (act === "locate") this.locate(button);
      else if (act === "anew") this.anew();
      else if (act === "take-up" || act === "leave") this.takeUp(act === "take-up");
      else say(act);
    },

    choose: function (kind, quiet) {
      this.kind = kind;
      $$(this.form, "button[data-kind]").forEach(function (button) {
        button.setAttribute("aria-pressed", String(button.getAttribute("data-kind") === kind));
      });
      if (quiet) return this.ways();
      this.set("shape", "");
      if (kind !== "point") { this.set("longitude", ""); this.set("latitude", ""); this.good = null; }
      this.forget();
      this.ways();
      say("draw", { kind: kind });
      this.save();
    },

    /* Which buttons fit what is being placed. */
    ways: function () {
      var point = this.kind === "point";
      this.part(".lj-draw").hidden = point;
      this.part(".lj-nudge").hidden = !point;
      this.part(".lj-arrows").hidden = !(point && this.has());
      this.part("[data-act=centre]").textContent = this.has() ? this.words.middle : this.words.cross;
      this.part("[data-how]").textContent = this.words["how_" + this.kind];
    },

    toMap: function (look) {
      this.ways();
      if (this.kind !== "point") {
        say("draw", { kind: this.kind, shape: this.value("shape") ? JSON.parse(this.value("shape")) : null, look: look });
        return;
      }
      if (this.kinds.length > 1) say("draw", { kind: "point" });
      if (!this.has()) return say("show", {});
      say("show", { longitude: +this.value("longitude"), latitude: +this.value("latitude"), accuracy_m: +this.value("accuracy_m") || null, look: look });
    },

    placed: function (told) {
      this.set("longitude", told.longitude.toFixed(6));
      this.set("latitude", told.latitude.toFixed(6));
      this.set("placed_by", told.placed_by);
      this.set("accuracy_m", told.accuracy_m ? String(Math.round(told.accuracy_m)) : "");
      this.set("shape", "");
      this.ways();
      this.about(told.show, told.outside);
    },

    drawn: function (told) {
      this.set("shape", told.shape ? JSON.stringify(told.shape) : "");
      this.save();
      this.trouble("place", "");
      if (!told.shape) { this.part(".lj-measure").textContent = fill(this.words.corners, { n: told.corners || 0 }); return; }
      this.measure(told.shape);
    },

    measure: function (shape) {
      var self = this, words = this.words, sent = this.value("shape");
      ask(this.api + "measure?lang=" + this.form.getAttribute("data-lang"), {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ shape: shape })
      }).then(function (answer) {
        if (self.value("shape") !== sent || answer.status === 0) return;  // without a network it is measured when it is sent
        var told = answer.body;
        if (!answer.ok || !told.ok) {
          self.part(".lj-measure").textContent = "";
          return self.trouble("place", told.sentence || words.failed);
        }
        self.part(".lj-measure").textContent = told.area_m2 ? fill(words.area, { n: Math.round(told.area_m2) }) : metres(told.length_m, words);
        self.set("longitude", told.longitude.toFixed(6));
        self.set("latitude", told.latitude.toFixed(6));
        self.set("placed_by", "tap");
        self.about();
      });
    },

    /* What lies where the pin is: the server says; outside the area the pin goes back. */
    about: function (show, outside) {
      if (!this.value("longitude")) return;  // a drawing that is still to be measured
      var self = this, words = this.words, at = this.value("longitude") + "," + this.value("latitude");
      var query = new URLSearchParams({ longitude: this.value("longitude"), latitude: this.value("latitude"), text: this.value("text").slice(0, 200) });
      if (this.category()) query.set("category", this.category());
      ask(this.api + "at?" + query).then(function (answer) {
        if (at !== self.value("longitude") + "," + self.value("latitude")) return;
        if (show && (answer.status === 0 || (answer.ok && answer.body.inside))) self.toMap(true);
        if (answer.status === 0) return self.save();
        if (!answer.ok || !answer.body.inside) return self.back(answer.ok ? outside || words.outside : words.failed);
        self.good = { longitude: self.value("longitude"), latitude: self.value("latitude"), placed_by: self.value("placed_by"), accuracy_m: self.value("accuracy_m") };
        store.set("lujian-last-place", { longitude: +self.good.longitude, latitude: +self.good.latitude });
        self.trouble("place", "");
        self.told(answer.body);
        self.save();
      });
    },

    back: function (sentence) {
      var good = this.good || { longitude: "", latitude: "", placed_by: "tap", accuracy_m: "" };
      Object.keys(good).forEach(function (name) { this.set(name, good[name]); }, this);
      this.trouble("place", sentence);
      if (!this.good) this.forget();
      this.toMap(false);
    },

    forget: function () {
      this.part(".lj-at").textContent = "";
      this.part(".lj-near").hidden = true;
      if (this.part(".lj-why")) this.part(".lj-why").hidden = true;
      this.part(".lj-measure").textContent = "";
    },

    told: function (found) {
      var words = this.words, box = this.part(".lj-at"), names = this.form.getAttribute("data-names");
      var accuracy = +this.value("accuracy_m") || 0;
      function named(thing) { return names === "en" ? thing.name_en || thing.name : thing.name; }
      box.textContent = "";
      if (this.kind === "point") say("tell", { text: found.community ? named(found.community) : "" });
      var place = found.community ? fill(words.community, { name: named(found.community) }) : words.no_community;
      var scanned = this.known && this.form.getAttribute("data-at") === this.value("longitude") + "," + this.value("latitude");
      if (this.known) this.greet(scanned, found.community ? fill(words.here, { place: named(found.community) }) : words.chosen);
      if (!scanned) box.appendChild(element("p", "", place));
      if (found.facility) {
        box.appendChild(element("p", "", fill(words.facility, { name: words.facility_name, far: metres(found.facility.distance_m, words) })));
      }
      if (accuracy > 50) box.appendChild(element("p", "lj-note lj-warn", fill(words.unsure, { n: Math.round(accuracy) })));
      if (this.part(".lj-why")) this.part(".lj-why").hidden = !(found.facility && found.facility.near);
      this.neighbours(found.nearby);
    },

    /* The line of the folded first step: of the card, or of where the pin was moved to. */
    greet: function (scanned, elsewhere) {
      var line = $(this.known, "[data-here]");
      this.greeting = this.greeting || line.textContent;
      line.textContent = scanned ? this.greeting : elsewhere;
    },

    category: function () {
      var chosen = this.part("input[name=category]:checked") || this.part("input[type=hidden][name=category]");
      return chosen ? chosen.value : "";
    },

    /* Two steps: open a neighbour's proposal to read it, then support it instead. The list comes anew
       while one types; what is being read stays open, and where it was in hand. */
    neighbours: function (near) {
      var self = this, words = this.words, fold = this.part(".lj-near"), box = $(fold, "div"), held = document.activeElement, read = {};
      $$(box, "details[open]").forEach(function (item) { read[item.getAttribute("data-id")] = item; });
      box.textContent = "";
      if (fold.hidden) fold.open = !this.known;  // who scanned a card sees how many, and opens them
      fold.hidden = !near.total;
      if (!near.total) return;
      $(fold, "summary").textContent = fill(words.near, { n: near.total });
      near.proposals.forEach(function (one) {
        var look = self.looks[one.category] || {}, facts = [look.name, metres(one.distance_m, words), fill(words.supports, { n: one.supports })].join(" · ");
        if (read[one.id]) {
          $(read[one.id], "summary small").textContent = facts;
          return box.appendChild(read[one.id]);
        }
        var item = element("details", "lj-neighbour" + (one.alike ? " lj-alike" : "")), head = element("summary");
        var text = one.text.length > 40 ? one.text.slice(0, 40) + "…" : one.text;
        var told = element("span", "lj-head");
        if (one.alike) told.appendChild(element("span", "lj-tag", words.alike));
        told.appendChild(inTongue(element("span", "", text), text));
        told.appendChild(element("small", "lj-meta", facts));
        item.setAttribute("data-id", one.id);
        if (one.photo) head.appendChild(self.picture(one.photo.name, 56));
        head.appendChild(told);
        item.appendChild(head);
        item.addEventListener("toggle", function () {
          if (!item.open || item.lujianFull) return;
          item.lujianFull = true;
          item.appendChild(self.neighbour(one));
        });
        box.appendChild(item);
      });
      if (near.total > near.proposals.length) {
        var all = element("a", "lj-link", fill(words.all_near, { shown: near.proposals.length, n: near.total }));
        all.href = "/w/c/" + this.slug + "?sort=near&at=" + this.value("longitude") + "," + this.value("latitude") + "#proposals";
        all.target = "_blank";
        all.rel = "noopener";
        box.appendChild(all);
      }
      if (box.contains(held)) held.focus({ preventScroll: true });
    },

    picture: function (name, size) {
      var made = element("img", "lj-photo");
      made.src = "/api/photos/" + name + "/thumbnail.jpg";
      made.alt = this.words.photo;
      made.width = made.height = size;
      return made;
    },

    neighbour: function (one) {
      var self = this, words = this.words, body = element("div"), button = element("button", "lj-button", words.instead);
      body.appendChild(inTongue(element("p", "", one.text), one.text));
      if (one.photo) body.appendChild(self.picture(one.photo.name, 200));
      var row = element("p", "lj-row"), link = element("a", "lj-link", words.open);
      button.type = "button";
      button.addEventListener("click", function () {
        if (isHeld(button)) return;
        hold(button, true);
        ask("/w/p/" + one.id + "/support", { method: "POST", body: new URLSearchParams({ on: "1" }) }).then(function (answer) {
          hold(button, false);
          if (!answer.ok) return self.trouble("form", answer.body.sentence || words.failed);
          var thanks = element("p", "lj-note", fill(words.supported, { n: answer.body.supports }));
          thanks.tabIndex = -1;
          row.replaceWith(thanks);
          keepFocus(thanks);
        });
      });
      link.href = "/w/p/" + one.id;
      link.target = "_blank";
      link.rel = "noopener";
      row.appendChild(button);
      row.appendChild(link);
      body.appendChild(row);
      return body;
    },

    locate: function (button) {
      var self = this, words = this.words, over = false;
      if (!navigator.geolocation) return this.trouble("place", wechat ? words.wechat_position : words.no_position);
      if (isHeld(button)) return;
      hold(button, true);
      function end(act) {
        if (over) return;
        over = true;
        clearTimeout(patience);
        hold(button, false);
        act();
      }
      // Some browsers within apps never answer at all.
      var patience = setTimeout(function () { end(function () { self.trouble("place", wechat ? words.wechat_position : words.no_position); }); }, 20000);
      navigator.geolocation.getCurrentPosition(function (found) {
        end(function () {
          self.trouble("place", "");
          if (self.kind !== "point") return self.look(found.coords);
          self.placed({
            longitude: found.coords.longitude, latitude: found.coords.latitude, placed_by: "device", accuracy_m: found.coords.accuracy,
            show: true, outside: words.outside_position
          });
        });
      }, function (error) {
        end(function () {
          var refused = wechat ? words.wechat_position : words.refused_position;
          self.trouble("place", error.code === 1 ? refused : wechat ? words.wechat_position : words.no_position);
        });
      }, { enableHighAccuracy: true, timeout: 12000, maximumAge: 10000 });
    },

    /* Show where a drawing may begin, unless that lies outside the campaign's area. */
    look: function (at) {
      var self = this, words = this.words;
      ask(this.api + "at?" + new URLSearchParams({ longitude: at.longitude, latitude: at.latitude })).then(function (answer) {
        if (answer.ok && !answer.body.inside) return self.trouble("place", words.outside_position);
        say("show", { longitude: at.longitude, latitude: at.latitude, look: true, accuracy_m: 30 });
      });
    },

    /* -- search: a list that the keyboard walks through -- */

    searching: function () {
      var self = this, box = this.field("place"), list = this.part(".lj-found"), asked = "";
      if (!box) return;
      function close() { list.hidden = true; box.setAttribute("aria-expanded", "false"); box.removeAttribute("aria-activedescendant"); }
      function show(places, note) {
        list.textContent = "";
        places.forEach(function (place, at) {
          var item = element("li"), en = self.form.getAttribute("data-names") === "en";
          item.id = "lj-found-" + at;
          item.setAttribute("role", "option");
          item.appendChild(element("span", "", en ? place.name_en || place.name : place.name));
          item.appendChild(element("small", "", [place.kind_name, place.community].filter(Boolean).join(" · ")));
          item.addEventListener("mousedown", function (event) { event.preventDefault(); pick(place); });
          list.appendChild(item);
        });
        if (!places.length && note) list.appendChild(element("li", "", note));
        list.hidden = !list.childNodes.length;
        box.setAttribute("aria-expanded", String(!list.hidden));
        self.places = places;
        choose(places.length ? 0 : -1);
        reveal();
      }
      /* What was found stands above the keyboard of a phone: the page moves up as far as it must. */
      function reveal() {
        var seen = window.visualViewport ? window.visualViewport.height : window.innerHeight, top = box.getBoundingClientRect().top;
        if (list.hidden || document.activeElement !== box) return;
        list.style.maxHeight = Math.max(140, seen - box.offsetHeight - 24) + "px";
        var over = list.getBoundingClientRect().bottom - seen + 8;
        if (over > 0) window.scrollBy(0, Math.min(over, top - 8));
      }
      if (window.visualViewport) window.visualViewport.addEventListener("resize", reveal);
      function choose(at) {
        self.at = at;
        $$(list, "li").forEach(function (item, i) { item.setAttribute("aria-selected", String(i === at)); });
        if (at >= 0) { box.setAttribute("aria-activedescendant", "lj-found-" + at); if (list.childNodes[at].scrollIntoView) list.childNodes[at].scrollIntoView({ block: "nearest" }); }
      }
      function pick(place) {
        var recent = (store.get("lujian-places") || []).filter(function (other) { return other.name !== place.name; });
        store.set("lujian-places", [place].concat(recent).slice(0, 5));
        box.value = self.form.getAttribute("data-names") === "en" ? place.name_en || place.name : place.name;
        close();
        if (self.kind === "point") self.placed({ longitude: place.longitude, latitude: place.latitude, placed_by: "search", show: true });
        else say("show", { longitude: place.longitude, latitude: place.latitude, look: true });
      }
      var search = later(function () {
        var text = box.value.trim();
        asked = text;
        if (!text) return recent();
        ask(self.api + "places?" + new URLSearchParams({ q: text, lang: self.form.getAttribute("data-lang") })).then(function (answer) {
          if (asked === text && document.activeElement === box) show(answer.ok ? answer.body.places : [], answer.ok ? self.words.no_place : answer.status === 0 ? self.words.search_offline : self.words.failed);
        });
      }, 180);
      function recent() { show(store.get("lujian-places") || []); }
      box.addEventListener("input", search);
      box.addEventListener("focus", function () { if (!box.value) recent(); });
      box.addEventListener("blur", close);
      box.addEventListener("keydown", function (event) {
        var places = self.places || [];
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
          if (list.hidden || !places.length) return;
          event.preventDefault();
          choose((self.at + (event.key === "ArrowDown" ? 1 : places.length - 1)) % places.length);
        } else if (event.key === "Enter") {
          event.preventDefault();
          if (!list.hidden && places[self.at]) pick(places[self.at]);
        } else if (event.key === "Escape") close();
      });
    },

    /* -- photos: sent at once, so that the form itself stays light -- */

    addPhotos: function (files) {
      var self = this, most = +this.form.getAttribute("data-photos");
      var chosen = Array.prototype.slice.call(files);
      this.part("input[name=photo]").value = "";
      this.trouble("photo", "");
      this.dropFailed(function (one) { return !one.lost; });  // another one is chosen in its place
      chosen.forEach(function (file) {
        if (self.photos.length + self.sending + self.failed.length >= most) return self.trouble("photo", fill(self.words.most_photos, { n: most }));
        self.sendPhoto(file);
      });
    },

    sending: 0,

    sendPhoto: function (file) {
      var self = this, words = this.words, item = element("li"), bar = element("progress"), request = new XMLHttpRequest(), body = new FormData();
      item.appendChild(element("small", "", words.sending_photo));
      item.appendChild(bar);
      bar.max = 1;
      bar.setAttribute("aria-label", words.sending_photo);
      var stop = element("button", "lj-link", words.cancel);
      stop.type = "button";
      stop.addEventListener("click", function () { request.abort(); });
      item.appendChild(stop);
      this.part(".lj-pictures").appendChild(item);
      this.sending += 1;
      this.underway.push(file);
      this.save();
      function done(problem, lost) {
        self.sending -= 1;
        self.underway = self.underway.filter(function (other) { return other !== file; });
        item.remove();
        if (problem) self.photoFailed(file, problem, lost);
        self.save();
        if (self.afterPhotos && !self.sending) { self.afterPhotos = false; self.send(); }
      }
      body.append("photo", file);
      request.open("POST", "/api/photos?lang=" + this.form.getAttribute("data-lang"));
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = function (event) { if (event.lengthComputable) bar.value = event.loaded / event.total; };
      request.onload = function () {
        var told = {};
        try { told = JSON.parse(request.responseText); } catch (error) { told = {}; }
        if (request.status >= 300 || !told.name) return done(told.sentence || words.bad_photo, request.status >= 500);
        self.photos.push(told.name);
        done();
        self.pictures();
        self.save();
        if (told.place && self.kind === "point") self.offerPlace(told.place);
      };
      request.onerror = function () { done(self.unreachable() ? words.photo_offline : words.photo_lost, true); };
      request.onabort = function () { done(); };
      request.send(body);
    },

    /* A photo that did not arrive stands there until it does, or is left out by who chose it. */
    photoFailed: function (file, why, lost) {
      var self = this, words = this.words, item = element("li", "lj-failed"), one = { file: file, lost: lost, item: item };
      var sentence = why === words.photo_offline ? fill(why, { name: file.name }) : fill(words.photo_failed, { name: file.name, why: why });
      item.appendChild(element("small", "", sentence));
      item.appendChild(this.link(words.again, function () { self.retry([one]); }));
      item.appendChild(this.link(words.leave_out, function () { self.dropFailed(function (other) { return other === one; }); }));
      this.part(".lj-pictures").appendChild(item);
      this.failed.push(one);
      if (why !== words.photo_offline) this.trouble("photo", sentence);
    },

    link: function (name, act) {
      var button = element("button", "lj-link", name);
      button.type = "button";
      button.addEventListener("click", act);
      return button;
    },

    retry: function (these) {
      this.dropFailed(function (one) { return these.indexOf(one) >= 0; });
      these.forEach(function (one) { this.sendPhoto(one.file); }, this);
    },

    dropFailed: function (which) {
      this.failed = this.failed.filter(function (one) {
        if (which && !which(one)) return true;
        one.item.remove();
        return false;
      });
      if (this.part(".lj-pictures")) this.trouble("photo", "");
      keepFocus(this.part("input[name=photo]"));
    },

    /* Whether all that failed did so for want of a connection. */
    lost: function () { return this.failed.every(function (one) { return one.lost; }); },

    /* Whether there is no network, and an outbox that waits for one. */
    unreachable: function () { return navigator.onLine === false && Boolean(window.LuJianShell) && !this.changing; },

    /* What the server could not be reached with goes to the outbox (shell.js), which sends it when there
       is a network, this page open or not. Without one this page alone sends it again. */
    hold: function () {
      var self = this, words = this.words, away = function () { self.waiting = true; self.trouble("form", words.offline); };
      if (!this.has()) return this.trouble("place", words.place_first);
      if (!this.value("text").trim()) return this.trouble("text", words.text_first);
      if (!window.LuJianShell || this.changing) return away();
      this.holding = true;  // a second tap would find the form empty
      window.LuJianShell.hold(this).catch(away).then(function () { self.holding = false; });
    },

    unsent: function () {
      return this.underway.concat(this.failed.map(function (one) { return one.file; })).map(function (file) { return file.name; });
    },

    /* Sent only once it is clear what becomes of the photos that did not arrive. */
    askPhotos: function () {
      var self = this, words = this.words, row = element("span", "lj-row");
      this.trouble("photo", fill(words.photos_failed, { names: this.unsent().join(", ") }));
      row.appendChild(this.link(words.again, function () { self.afterPhotos = true; self.retry(self.failed.slice()); self.busy(words.sending_photo); }));
      row.appendChild(this.link(words.without, function () { self.dropFailed(); self.send(); }));
      if (window.LuJianShell && this.lost() && !this.changing) row.appendChild(this.link(words.send_later, function () { self.hold(); }));
      $$(row, "button").forEach(function (button) { button.className = "lj-button"; });
      $(this.form, "#problem-photo").appendChild(row);
    },

    offerPlace: function (place) {
      var self = this, box = element("p", "lj-note", this.words.photo_place + " "), button = element("button", "lj-button", this.words.photo_place_yes);
      button.type = "button";
      button.addEventListener("click", function () {
        box.remove();
        self.placed({ longitude: place.longitude, latitude: place.latitude, placed_by: "device", show: true });
        keepFocus(self.part("input[name=photo]"));
      });
      box.appendChild(button);
      this.part(".lj-photos").appendChild(box);
    },

    pictures: function () {
      var self = this, list = this.part(".lj-pictures");
      if (!list) return;
      $$(list, "li[data-photo]").forEach(function (item) { item.remove(); });
      this.photos.forEach(function (name, at) {
        var item = element("li"), picture = element("img"), drop = element("button", "lj-link", self.words.remove);
        item.setAttribute("data-photo", name);
        picture.src = "/api/photos/" + name + "/thumbnail.jpg";
        picture.alt = fill(self.words.photo_n, { n: at + 1 });
        picture.width = picture.height = 96;
        picture.addEventListener("error", function () { self.missing(name, picture.src); });
        drop.type = "button";
        drop.setAttribute("aria-label", self.words.remove + " " + picture.alt);
        drop.addEventListener("click", function () { self.dropPhoto(name); });
        item.appendChild(picture);
        item.appendChild(drop);
        list.appendChild(item);
      });
      this.set("photos", this.photos.join(","));
    },

    /* A picture that does not show is gone only if the server says so: the line may be dead. */
    missing: function (name, address) {
      var self = this;
      fetch(address, { credentials: "same-origin" }).then(function (answer) {
        if (answer.status !== 404 || self.photos.indexOf(name) < 0) return;
        self.dropPhoto(name, true);
        self.trouble("photo", self.words.photo_gone);
      }, function () {});
    },

    dropPhoto: function (name, gone) {
      if (!gone) ask("/api/photos/" + name, { method: "DELETE" });
      this.photos = this.photos.filter(function (other) { return other !== name; });
      this.pictures();
      keepFocus(this.part("input[name=photo]"));
      this.save();
    },

    /* -- questions that hang on an earlier answer -- */

    conditions: function () {
      var form = this.form, category = this.category(), example = (this.looks[category] || {}).example;
      if (example) this.field("text").placeholder = example;
      $$(form, "[data-when]").forEach(function (box) {
        var when = JSON.parse(box.getAttribute("data-when")), shown = true;
        if (when.category && when.category.indexOf(category) < 0) shown = false;
        if (when.question) {
          var chosen = $$(form, '[name="q_' + when.question + '"]:checked:not(:disabled)').map(function (field) { return field.value; });
          shown = shown && chosen.some(function (key) { return when.any_of.indexOf(key) >= 0; });
        }
        box.hidden = !shown;
        $$(box, "input, textarea").forEach(function (field) { field.disabled = !shown; });
      });
    },

    /* -- sending -- */

    /* What is said of the place is said on the map, too: the form may be out of sight. */
    trouble: function (field, sentence) {
      if (field === "place") say("tell", { text: sentence, bad: true });
      var box = $(this.form, "#problem-" + field) || $(this.form, "#problem-form");
      box.textContent = sentence;
      box.hidden = !sentence;
      this.mark(field, Boolean(sentence));
      if (sentence && field !== "place") box.scrollIntoView({ block: "center" });
    },

    /* Tell those who do not see it that a field, or a group of choices, is not right. */
    mark: function (field, wrong) {
      var first = $(this.form, "#say-" + field), group = first && first.closest("[role=radiogroup]");
      var marked = !first ? [] : group ? [group] : first.type === "checkbox" ? $$(this.form, '[name="' + first.name + '"]') : [first];
      marked.forEach(function (one) {
        if (wrong) one.setAttribute("aria-invalid", "true"); else one.removeAttribute("aria-invalid");
      });
    },

    /* All that is wrong at once: each at its field, several in a list too, the first has the focus. */
    told_all: function (problems) {
      var self = this, box = this.part(".lj-missing"), list = $(box, "ul");
      $$(this.form, ".lj-problem").forEach(function (one) { one.hidden = true; });
      $$(this.form, "[aria-invalid]").forEach(function (one) { one.removeAttribute("aria-invalid"); });
      list.textContent = "";
      box.hidden = problems.length < 2;
      $(box, "p").textContent = fill(this.words.missing, { n: problems.length });
      problems.forEach(function (told) {
        var field = $(self.form, "#problem-" + told.field) ? told.field : "form", item = element("li"), link = element("a");
        var question = field.indexOf("q_") === 0 && self.part('[data-question="' + field.slice(2) + '"] > legend');
        self.trouble(field, told.sentence);
        link.textContent = (question ? question.firstChild.textContent.trim() + " " : "") + told.sentence;
        link.href = "#say-" + field;
        link.addEventListener("click", function (event) { event.preventDefault(); self.toField(field); });
        item.appendChild(link);
        list.appendChild(item);
      });
      if (problems.length) this.toField($(this.form, "#problem-" + problems[0].field) ? problems[0].field : "form");
    },

    toField: function (field) {
      var target = $(this.form, "#say-" + field) || this.part(".lj-send"), fold = target.closest("details:not([open])");
      while (fold) { fold.open = true; fold = target.closest("details:not([open])"); }
      target.focus({ preventScroll: true });
      ($(this.form, "#problem-" + field) || target).scrollIntoView({ block: "center" });
    },

    busy: function (sentence) {
      var box = this.part(".lj-progress");
      box.textContent = sentence;
      box.hidden = !sentence;
      hold(this.part(".lj-send"), Boolean(sentence));
    },

    send: function (proof) {
      var self = this, words = this.words;
      if (this.holding) return;
      if (this.sending) { this.afterPhotos = true; return this.busy(words.sending_photo); }
      this.busy("");
      this.showPersonal([]);
      if (this.failed.length) return this.unreachable() && this.lost() ? this.hold() : this.askPhotos();
      this.told_all([]);
      this.save();
      this.busy(words.sending);
      this.waiting = false;
      var body = new FormData(this.form);
      body.delete("photo");
      body.set("photos", this.photos.join(","));
      body.set("proof", proof || "");
      body.set("personal", this.personal);
      ask(this.form.getAttribute("action"), { method: "POST", body: body }).then(function (answer) {
        if (answer.body.challenge) return self.prove(answer.body.challenge);
        self.busy("");
        if (answer.ok && answer.body.address) return self.sent(answer.body);
        if (answer.status === 0) return self.hold();
        var told = answer.body;
        if (told.personal) return self.showPersonal(told.personal);
        if (typeof told.photos === "string") {
          self.photos = told.photos.split(",").filter(Boolean);
          self.pictures();
          self.save();
        }
        self.told_all(told.problems || [{ field: told.field || "form", sentence: told.sentence || words.failed }]);
      });
    },

    /* What looks personal in the words: the server has found it, whoever wrote it says what becomes of it. */
    personal: "",

    showPersonal: function (found) {
      var box = $(this.form, "#personal"), list = $(box, "ul");
      list.textContent = "";
      found.forEach(function (part) {
        var item = element("li");
        item.appendChild(element("mark", "", part.words));
        item.appendChild(element("small", "", " " + part.kind));
        list.appendChild(item);
      });
      box.hidden = !found.length;
      this.part(".lj-send").hidden = Boolean(found.length);  // it would only ask once more
      $$(box, "button").forEach(function (button) { button.disabled = !found.length; });
      if (!found.length) return;
      box.scrollIntoView({ block: "center" });
      box.focus({ preventScroll: true });
    },

    prove: function (challenge) {
      var self = this;
      this.busy(this.words.proving);
      import("/assets/web/proof.js").then(function (desk) { return desk.solve(challenge); })
        .then(function (proof) { self.send(proof); }, function () { self.busy(""); self.trouble("form", self.words.failed); });
    },

    sent: function (told) {
      this.filed = true;
      drafts.file(this.value("client_token"));
      drafts.drop(this.key);
      say("refresh");
      if (told.address) window.location.assign(told.address);
    }
  };

  /* Whether a draft holds anything that would be missed. */
  function worth(kept) {
    if (!kept || !kept.fields) return false;
    return (kept.fields.text || [""])[0].trim() !== "" || (kept.photos || []).length > 0;
  }

  function token() {
    if (window.crypto && crypto.getRandomValues) {
      return Array.prototype.map.call(crypto.getRandomValues(new Uint8Array(16)), function (byte) { return ("0" + byte.toString(16)).slice(-2); }).join("");
    }
    return String(Date.now()) + String(Math.random()).slice(2);
  }

  function mount(root) {
    $$(root, "form.lj-say").forEach(function (form) { if (!form.lujianSay) form.lujianSay = new Say(form); });
    $$(root, "[data-list]").forEach(function (list) { if (!list.lujianList) { list.lujianList = true; mountList(list); } });
    $$(root, "form[data-draft]").forEach(keepText);
  }

  window.LuJian = { mount: mount, ready: drafts.ready };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", function () { mount(document); });
  else mount(document);
})();
