/* The worker of the light pages (scope /w/): without a network it opens the campaign pages that were
   visited, and says of all others that they need one. It keeps what a stranger would see, asked for
   without cookies, a page together with every file that it names: no page ever meets the files of
   another version. Nothing personal, nothing of the desk, nothing marked no-store is kept.

   LJ_SHELL {version, languages} stands before this; /w/sw.js changes with all that it stands for. */
(function () {
  "use strict";
  const PREFIX = "lujian-pages-", CACHE = PREFIX + self.LJ_SHELL.version;
  const KEPT = /^\/w\/(?:c\/[^/]+)?$/, DESK = /^\/w\/desk(?:\/|$)/, PAGE = /^\/w\//;
  const GROUND = /^\/api\/campaigns\/[^/]+\/ground\.json$/, STYLES = /\.css(?:\?|$)/;
  const NAMED = /(?:src|href)="(\/(?:assets\/[^"]+|api\/campaigns\/[^/"]+\/ground\.json))"/g;
  const PICTURED = /url\(["']?(\/assets\/[^"')]+)/g;
  const HOME = "/w/", OFFLINE = "/w/offline", PARTS = ["at", "place", "category"];
  const FRESH_MS = 6 * 3600000, PATIENCE_MS = 8000, MOST_PAGES = 12, AWAY = [502, 503, 504];
  const outbox = self.LuJianOutbox;

  /* ---- keeping ----------------------------------------------------------------------------- */

  /* What a page is kept as: its path, what of its query changes the form, language and type. */
  function nameOf(address, reader) {
    const url = new URL(address, self.location.origin), asked = new URLSearchParams();
    for (const part of PARTS) if (url.searchParams.get(part)) asked.set(part, url.searchParams.get(part));
    asked.set("lang", url.searchParams.get("lang") || reader.lang);
    asked.set("large", url.searchParams.get("large") || (reader.large ? "1" : "0"));
    return url.pathname + "?" + asked;
  }

  function pathOf(request) { return new URL(request.url).pathname; }
  function isPage(request) { return PAGE.test(pathOf(request)); }
  function namedIn(text, pattern) { return Array.from(new Set(Array.from(text.matchAll(pattern), (hit) => hit[1].replace(/&amp;/g, "&")))); }

  function mayKeep(answer) {
    return answer.ok && !answer.redirected && !/no-store/.test(answer.headers.get("Cache-Control") || "");
  }

  async function fetched(address, more) {
    const answer = await fetch(address, Object.assign({ credentials: "omit" }, more));
    if (AWAY.includes(answer.status)) throw new Error(address + ": " + answer.status);
    return answer;
  }

  /* Keep a file, and the pictures that a style sheet names; what the address has a version of stays. */
  async function keepFile(cache, address) {
    if (await cache.match(address) && !GROUND.test(address)) return;
    const answer = await fetched(address);
    if (!mayKeep(answer)) throw new Error(address + ": " + answer.status);
    const text = STYLES.test(address) ? await answer.clone().text() : "";
    await Promise.all(namedIn(text, PICTURED).map((one) => keepFile(cache, one)));
    await cache.put(address, answer);
  }

  /* Fetch a page as a stranger gets it, without what people said: that may be taken down one day. Keep
     it once all that it names is here. One that is not
     shown any more is forgotten. Fails where there is no network. */
  async function keep(cache, name) {
    const answer = await fetched(name, { cache: "no-store", headers: { Accept: "text/html", "X-Kept-Copy": "1" } });
    if (!mayKeep(answer)) return cache.delete(name);
    const headers = new Headers(answer.headers);
    for (const gone of ["Content-Encoding", "Content-Length"]) headers.delete(gone);
    headers.set("X-Kept", String(Date.now()));
    // A form's token names one proposal: whenever the page is opened, its script makes another.
    const page = (await answer.text()).replace(/(name="client_token" value=")[^"]*/g, "$1");
    await Promise.all(namedIn(page, NAMED).map((one) => keepFile(cache, one)));
    return cache.put(name, new Response(page, { headers: headers }));
  }

  /* The pages in a cache, those kept longest ago first. */
  async function pagesIn(cache) {
    const found = [];
    for (const request of (await cache.keys()).filter(isPage)) {
      const page = await cache.match(request);
      found.push({ request: request, at: +page.headers.get("X-Kept"), text: await page.text(), fixed: pathOf(request) === OFFLINE });
    }
    return found.sort((one, other) => one.at - other.at);
  }

  /* Let go of pages beyond MOST_PAGES, then of every file that no page names. */
  async function tidy(cache) {
    const pages = await pagesIn(cache), visited = pages.filter((one) => !one.fixed);
    const over = visited.slice(0, Math.max(0, visited.length - MOST_PAGES));
    const named = new Set(pages.filter((one) => !over.includes(one)).flatMap((one) => namedIn(one.text, NAMED)));
    for (const one of Array.from(named).filter((name) => STYLES.test(name))) {
      const sheet = await cache.match(one);
      if (sheet) namedIn(await sheet.text(), PICTURED).forEach((picture) => named.add(picture));
    }
    const files = (await cache.keys()).filter((one) => !isPage(one) && !named.has(pathOf(one) + new URL(one.url).search));
    await Promise.all(over.map((one) => one.request).concat(files).map((one) => cache.delete(one)));
  }

  /* A reader has opened a page: keep it unless it was kept lately with these very files. */
  async function visited(told) {
    const reader = { lang: told.lang, large: told.large }, cache = await caches.open(CACHE);
    await outbox.setting("reader", reader);
    if (!told.page) return;
    for (const address of [HOME, told.page]) {
      if (!KEPT.test(new URL(address, self.location.origin).pathname)) continue;
      const name = nameOf(address, reader), held = await cache.match(name);
      const fresh = held && +held.headers.get("X-Kept") > Date.now() - FRESH_MS;
      if (fresh && (await held.text()).includes(told.script)) continue;
      await keep(cache, name);
    }
    await tidy(cache);
  }

  /* ---- a version follows another ----------------------------------------------------------- */

  /* The new version fetches the pages that the one before kept; it is ready when all of them are here. */
  async function prepare() {
    const cache = await caches.open(CACHE), names = [];
    for (const lang of self.LJ_SHELL.languages) for (const large of [false, true]) names.push(nameOf(OFFLINE, { lang: lang, large: large }));
    for (const older of await others()) {
      for (const request of (await (await caches.open(older)).keys()).filter(isPage)) names.push(pathOf(request) + new URL(request.url).search);
    }
    for (const name of new Set(names)) await keep(cache, name);
  }

  async function others() { return (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE); }

  /* It takes over at once only if the page that asks for it, with nothing typed, is the only one
     open; else when all of them are closed. */
  async function takeOver() {
    const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    if (open.filter((one) => PAGE.test(new URL(one.url).pathname)).length <= 1) self.skipWaiting();
  }

  async function begin() {
    await Promise.all((await others()).map((name) => caches.delete(name)));
    if (self.registration.navigationPreload) await self.registration.navigationPreload.enable();
    await self.clients.claim();
  }

  /* ---- answering --------------------------------------------------------------------------- */

  async function network(event) { return (await event.preloadResponse) || fetch(event.request); }

  function inTime(answer, ms) {
    return new Promise(function (done, fail) {
      setTimeout(() => fail(new Error("the network is slow")), ms);
      answer.then(done, fail);
    });
  }

  async function readerOf() {
    return (await outbox.setting("reader").catch(() => null)) || { lang: self.LJ_SHELL.languages[0], large: false };
  }

  /* The copy of a page: of its very address, else of its path; in the reader's language and type,
     else in another. */
  async function copyOf(cache, url) {
    if (!KEPT.test(url.pathname)) return null;
    const reader = await readerOf(), plain = new URL(url);
    PARTS.forEach((part) => plain.searchParams.delete(part));
    for (const address of [url, plain]) {
      const exact = await cache.match(nameOf(address, reader));
      if (exact) return exact;
    }
    const lang = "lang=" + (url.searchParams.get("lang") || reader.lang);
    const near = (await cache.keys()).filter((one) => pathOf(one) === url.pathname);
    const chosen = near.find((one) => one.url.includes(lang)) || near[0];
    return chosen ? cache.match(chosen) : null;
  }

  /* A copy says of itself when it was kept: its script tells the reader. */
  async function dressed(copy) {
    const text = await copy.text(), at = copy.headers.get("X-Kept");
    return new Response(text.replace("<html ", '<html data-kept="' + at + '" '), { headers: copy.headers });
  }

  async function withoutNetwork(cache, url, copy) {
    if (copy) return dressed(copy);
    const reader = await readerOf(), named = url.searchParams.get("lang");
    const lang = self.LJ_SHELL.languages.includes(named) ? named : reader.lang;
    const page = await cache.match(nameOf(OFFLINE, { lang: lang, large: reader.large }));
    return page || Response.error();
  }

  async function page(event, url) {
    const cache = await caches.open(CACHE), copy = await copyOf(cache, url);
    try {
      const answer = await (copy ? inTime(network(event), PATIENCE_MS) : network(event));
      if (answer.status === 404 && copy) event.waitUntil(cache.delete(nameOf(url, await readerOf())));
      return copy && AWAY.includes(answer.status) ? dressed(copy) : answer;
    } catch (error) {
      return withoutNetwork(cache, url, copy);
    }
  }

  async function ground(request) {
    try {
      return await fetch(request);
    } catch (error) {
      return (await (await caches.open(CACHE)).match(request.url)) || Response.error();
    }
  }

  async function file(request) { return (await (await caches.open(CACHE)).match(request.url)) || fetch(request); }

  /* ---- the proof that a crowd makes phones work for ---------------------------------------- */

  async function solve(challenge) {
    const write = new TextEncoder(), hex = (byte) => byte.toString(16).padStart(2, "0");
    for (let number = 0; number <= challenge.maxnumber; number += 1) {
      const digest = await crypto.subtle.digest("SHA-256", write.encode(challenge.salt + number));
      if (Array.from(new Uint8Array(digest), hex).join("") !== challenge.challenge) continue;
      const told = { algorithm: challenge.algorithm, challenge: challenge.challenge, number: number, salt: challenge.salt, signature: challenge.signature };
      return btoa(JSON.stringify(told));
    }
    throw new Error("no solution");
  }

  /* Failing tells the browser to try again later. */
  async function sendAll() {
    if (await outbox.drain(solve)) throw new Error("something still waits");
  }

  self.addEventListener("install", (event) => event.waitUntil(prepare()));
  self.addEventListener("activate", (event) => event.waitUntil(begin()));
  self.addEventListener("message", function (event) {
    if (event.data.visited) event.waitUntil(visited(event.data.visited).catch(() => {}));
    if (event.data.takeOver) event.waitUntil(takeOver());
  });
  self.addEventListener("sync", (event) => { if (event.tag === "lujian-outbox") event.waitUntil(sendAll()); });
  self.addEventListener("fetch", function (event) {
    const request = event.request, url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin) return;
    if (request.mode === "navigate") event.respondWith(DESK.test(url.pathname) ? network(event) : page(event, url));
    else if (GROUND.test(url.pathname)) event.respondWith(ground(request));
    else if (url.pathname.startsWith("/assets/")) event.respondWith(file(request));
  });
})();
