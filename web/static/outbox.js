/* The outbox: what was said while there was no network, until it is sent. Pages and their worker read
   this same file, and either may send. An entry is named by its form's token, under which the server
   files one content once; whoever sends holds the entry for as long, so that photos go up once.

   state    waiting | editing (in a form again) | returned (a person has to look) | sent
   fields   [[name, value], …] as the form sends them     files   photos that are not sent yet
   photos   names of those that are                       not_before   ms; the server asked to wait */
(function (self) {
  "use strict";
  var NAME = "lujian-outbox", ENTRIES = "entries", SETTINGS = "settings";
  var HOLD_MS = 60000, TOO_OFTEN_MS = 600000, KEPT_SENT_MS = 30 * 86400000;
  var me = String(Math.random()).slice(2), underWay = null, listeners = [];
  var channel = self.BroadcastChannel ? new BroadcastChannel(NAME) : null;
  if (channel) channel.onmessage = function () { tell(true); };

  function tell(quiet) {
    listeners.forEach(function (act) { act(); });
    if (channel && !quiet) channel.postMessage({});
  }

  /* ---- the store --------------------------------------------------------------------------- */

  var opened;
  function open() {
    if (opened) return opened;
    opened = new Promise(function (done, fail) {
      var asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = function () {
        asked.result.createObjectStore(ENTRIES, { keyPath: "token" });
        asked.result.createObjectStore(SETTINGS);
      };
      asked.onsuccess = function () {
        asked.result.onversionchange = function () { asked.result.close(); opened = null; };
        done(asked.result);
      };
      asked.onerror = function () { fail(asked.error); };
    });
    opened.catch(function () { opened = null; });
    return opened;
  }

  /* Run one transaction; `act` gets the store and a function that says what comes of it. */
  function within(name, mode, act) {
    return open().then(function (database) {
      return new Promise(function (done, fail) {
        var turn = database.transaction(name, mode), found;
        turn.oncomplete = function () { done(found); };
        turn.onerror = turn.onabort = function () { fail(turn.error); };
        act(turn.objectStore(name), function (value) { found = value; });
      });
    });
  }

  function all() {
    return within(ENTRIES, "readonly", function (store, gives) {
      store.getAll().onsuccess = function (event) {
        gives(event.target.result.sort(function (one, other) { return one.at - other.at; }));
      };
    });
  }

  function get(token) {
    return within(ENTRIES, "readonly", function (store, gives) {
      store.get(token).onsuccess = function (event) { gives(event.target.result); };
    });
  }

  function put(entry) {
    return within(ENTRIES, "readwrite", function (store) { store.put(entry); }).then(function () { tell(); });
  }

  /* Change an entry as it stands now: `act` returns it changed, null to remove it, undefined to leave it. */
  function change(token, act) {
    return within(ENTRIES, "readwrite", function (store, gives) {
      store.get(token).onsuccess = function (event) {
        var made = event.target.result && act(event.target.result);
        if (made) { store.put(made); gives(made); } else if (made === null) { store.delete(token); gives(null); }
      };
    });
  }

  function changed(token, act) {
    return change(token, act).then(function (entry) { tell(); return entry; });
  }

  function setting(name, value) {
    if (value === undefined) return within(SETTINGS, "readonly", function (store, gives) {
      store.get(name).onsuccess = function (event) { gives(event.target.result); };
    });
    return within(SETTINGS, "readwrite", function (store) { store.put(value, name); });
  }

  /* ---- sending ----------------------------------------------------------------------------- */

  function held(entry) { return Boolean(entry.held && entry.held.until > Date.now()); }
  function isMine(entry) { return held(entry) && entry.held.by === me; }
  function due(entry, sure) { return entry.state === "waiting" && (sure || !held(entry)) && (entry.not_before || 0) <= Date.now(); }

  /* Whoever sends has the lock of that name until its page is gone, so that what a closed page was
     sending is taken up at once; where there are no locks, when its hold has run out. */
  var locks = self.navigator.locks;
  function exclusively(token, act) {
    return locks ? locks.request(NAME + token, { ifAvailable: true }, function (lock) { return lock ? act() : ""; }) : act();
  }

  /* Post a form. `json` is false for whatever no program of ours said: a proxy, a sign-in to a network. */
  function post(address, body) {
    return fetch(address, { method: "POST", credentials: "same-origin", headers: { Accept: "application/json" }, body: body })
      .then(function (answer) {
        return answer.json().then(function (told) { return { ok: answer.ok, status: answer.status, body: told, json: true, headers: answer.headers }; },
          function () { return { ok: answer.ok, status: answer.status, body: {}, json: false, headers: answer.headers }; });
      }, function () { return { ok: false, status: 0, body: {}, json: false }; });
  }

  function codeOf(answer) { return answer.body.code || (answer.body.error || {}).code || ""; }

  /* What an answer means: "sent", "wait" with ms, "returned" with a sentence, or "away". */
  function meaning(answer) {
    var code = codeOf(answer), told = answer.body;
    if (answer.status === 429 || code === "too_often") return { is: "wait", ms: waitMs(answer) };
    if (answer.status === 413) return { is: "returned", field: "photo" };
    if (!answer.json || answer.status === 0 || answer.status === 408 || answer.status >= 500) return { is: "away" };
    if (answer.ok && (told.address || told.name)) return { is: "sent" };
    return { is: "returned", field: told.field || "form", sentence: told.sentence || "" };
  }

  function waitMs(answer) {
    var told = +answer.body.wait_s || +(answer.headers && answer.headers.get("Retry-After")) || 0;
    return told > 0 ? told * 1000 : TOO_OFTEN_MS;
  }

  /* A browser whose device has been forgotten gets another with a page, and asks once more. */
  function known(send) {
    return send().then(function (answer) {
      if (codeOf(answer) !== "not_allowed") return answer;
      return fetch("/w/", { credentials: "same-origin" }).then(send, send);
    });
  }

  function take(token) {
    return change(token, function (entry) {
      if (!due(entry, Boolean(locks))) return undefined;
      entry.held = { by: me, until: Date.now() + HOLD_MS };
      return entry;
    });
  }

  function keepHold(token) {
    return setInterval(function () {
      change(token, function (entry) {
        if (!isMine(entry)) return undefined;
        entry.held.until = Date.now() + HOLD_MS;
        return entry;
      });
    }, HOLD_MS / 3);
  }

  function release(token, act) {
    return changed(token, function (entry) {
      if (!isMine(entry)) return undefined;
      delete entry.held;
      return act(entry);
    });
  }

  function settle(token, answer, photo) {
    var found = meaning(answer);
    return release(token, function (entry) {
      if (found.is === "wait") entry.not_before = Date.now() + found.ms;
      if (found.is === "returned") {
        entry.state = "returned";
        entry.problem = { field: photo ? "photo" : found.field, sentence: found.sentence || "" };
        if (typeof answer.body.photos === "string") entry.photos = answer.body.photos.split(",").filter(Boolean);
      }
      if (found.is === "sent") return sent(entry, answer.body);
      return entry;
    }).then(function () { return found.is; });
  }

  /* Of what was sent only what leads to it stays. */
  function sent(entry, told) {
    return { token: entry.token, slug: entry.slug, state: "sent", text: entry.text, at: entry.at, sent_at: Date.now(), receipt: told.receipt || "", address: told.address };
  }

  /* Send an entry that is held: its photos one by one, then itself. Gives what came of it. */
  function deliver(entry, solve) {
    if (entry.files.length) return sendPhoto(entry, solve);
    return file(entry, solve, "").then(function (answer) { return settle(entry.token, answer, false); });
  }

  function sendPhoto(entry, solve) {
    var first = entry.files[0];
    return known(function () {
      var body = new FormData();
      body.append("photo", first.blob, first.name);
      return post("/api/photos?lang=" + entry.lang, body);
    }).then(function (answer) {
      if (meaning(answer).is !== "sent") return settle(entry.token, answer, true);
      return change(entry.token, function (now) {
        if (!isMine(now)) return undefined;
        now.photos.push(answer.body.name);
        now.files.shift();
        return now;
      }).then(function (now) { return now ? deliver(now, solve) : "gone"; });
    });
  }

  function file(entry, solve, proof) {
    return known(function () {
      var body = new FormData();
      entry.fields.forEach(function (pair) { body.append(pair[0], pair[1]); });
      body.set("photos", entry.photos.join(","));
      body.set("proof", proof);
      return post(entry.action, body);
    }).then(function (answer) {
      if (!answer.body.challenge || proof) return answer;
      return solve(answer.body.challenge).then(function (solved) { return file(entry, solve, solved); },
        function () { return { ok: false, status: 0, body: {}, json: false }; });
    });
  }

  /* Send what is due, the oldest first, until there is no network. Gives how many still wait. */
  function drain(solve) {
    if (!underWay) {
      underWay = all().then(function (entries) {
        return entries.filter(function (entry) { return due(entry, Boolean(locks)); }).reduce(function (before, entry) {
          return before.then(function (came) { return came === "away" ? came : one(entry.token, solve); });
        }, Promise.resolve(""));
      }).then(tidy).finally(function () { underWay = null; });
    }
    return underWay;
  }

  function one(token, solve) {
    return exclusively(token, function () {
      return take(token).then(function (entry) {
        if (!entry) return "";
        tell();
        var hold = keepHold(token);
        return deliver(entry, solve).finally(function () { clearInterval(hold); });
      });
    });
  }

  function tidy() {
    return all().then(function (entries) {
      var old = entries.filter(function (entry) { return entry.state === "sent" && entry.sent_at < Date.now() - KEPT_SENT_MS; });
      return Promise.all(old.map(function (entry) { return change(entry.token, function () { return null; }); })).then(function () {
        return entries.filter(function (entry) { return entry.state === "waiting"; }).length;
      });
    });
  }

  /* Remove an entry that nobody is sending just now, and the photos that were sent for it. */
  function drop(token) {
    var photos = [];
    return changed(token, function (entry) {
      if (held(entry)) return undefined;
      if (entry.state !== "sent") photos = entry.photos;
      return null;
    }).then(function (left) {
      if (left === null) photos.forEach(function (name) { fetch("/api/photos/" + name, { method: "DELETE", credentials: "same-origin" }).catch(function () {}); });
      return left === null;
    });
  }

  self.LuJianOutbox = {
    all: all, get: get, put: put, change: changed, drop: drop, drain: drain, setting: setting, isHeld: held,
    listen: function (act) { listeners.push(act); }
  };
})(self);
