const held = new WeakMap();
const looks = (window.lujianLooks = window.lujianLooks || {});
const groups = (window.lujianGroups = window.lujianGroups || {});

function once(tag, id, values) {
  const there = document.getElementById(id);
  if (there) return there.lujianReady;
  const made = Object.assign(document.createElement(tag), values, { id });
  made.lujianReady = new Promise((done, fail) => { made.onload = done; made.onerror = fail; });
  document.head.appendChild(made);
  return made.lujianReady;
}

function element(tag, given, ...children) {
  const made = Object.assign(document.createElement(tag), given);
  made.append(...children);
  return made;
}

/* What the browser alone knows of a campaign's view: it stands in the address, whatever the server writes there. */
function remember(campaign, name, value) {
  (looks[campaign] = looks[campaign] || {})[name] = value;
  write(campaign);
}

function write(campaign) {
  const here = new URL(location.href), known = looks[campaign] || {};
  Object.keys(known).forEach((name) => here.searchParams.set(name, known[name]));
  if (here.href !== location.href) history.replaceState(history.state, "", here);
}

function follow(campaign) {
  window.lujianFollowed = campaign;
  if (window.lujianFollows) return;
  window.lujianFollows = true;
  const push = history.pushState;
  history.pushState = function (...given) {
    const before = location.pathname;
    push.apply(history, given);
    if (location.pathname === before && document.querySelector(".lujian-bench")) write(window.lujianFollowed);
  };
  const carry = (address) => {
    const to = new URL(address, location.href), known = looks[to.searchParams.get("campaign")] || {};
    Object.keys(known).forEach((name) => to.searchParams.set(name, known[name]));
    return to.pathname + to.search + to.hash;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest('a[href^="/w/desk/review"]');
    if (link) link.href = carry(link.href);
  }, true);
  document.addEventListener("submit", (event) => {
    if (event.target.matches(".lujian-save")) event.target.setAttribute("action", carry(event.target.getAttribute("action")));
  }, true);
}

/* The list by which layers are shown, ordered and made less opaque. */
function listOf(rows, words) {
  return element("ul", { className: "lujian-layers" }, ...rows.map((one) => {
    const row = element("li", {}), tick = element("input", { type: "checkbox", checked: one.shown });
    const colour = one.colour ? [element("i", { className: "lujian-colour" })] : [];
    if (colour.length) colour[0].style.background = one.colour;
    const opacity = element("input", { type: "range", min: 5, max: 100, step: 5, value: one.opacity, ariaLabel: words.opacity.replace("{layer}", one.name) });
    const up = element("button", { type: "button", textContent: "↑", ariaLabel: words.up.replace("{layer}", one.name) });
    const down = element("button", { type: "button", textContent: "↓", ariaLabel: words.down.replace("{layer}", one.name) });
    up.dataset.up = down.dataset.down = "";
    row.dataset.layer = one.key;
    row.append(element("label", {}, tick, ...colour, element("span", { textContent: one.name })), opacity, up, down);
    return row;
  }));
}

function drawBox(data) {
  const words = data.words, line = element("p", { className: "lj-measure", role: "status" });
  Object.assign(line.dataset, { corners: words.corners, crossing: words.crossing });
  const button = (act, text, more) => {
    const made = element("button", { type: "button", textContent: text, ...more });
    made.dataset.do = act;
    return made;
  };
  const box = element("div", { className: "lujian-draw-part" },
    element("p", { className: "lujian-before" }, button("start", data.area ? words.redraw : words.draw)),
    element("p", { className: "lujian-meanwhile" }, button("corner", words.corner), button("undo", words.undo), button("take", words.take, { disabled: true }), button("cancel", words.cancel)),
    line);
  box.dataset.area = data.area;
  box.dataset.words = JSON.stringify(words.drawing);
  return box;
}

/* Layers as the browser shows them now: what the server says of them, as it was changed here. */
function asShown(data) {
  const told = (looks[data.campaign] || {}).layers, layers = data.review.layers;
  if (!data.panel || told === undefined) return { ...data.review, at: (looks[data.campaign] || {}).at || data.review.at };
  const shown = new Map(told === "none" ? [] : told.split(",").map((one) => one.split(":")));
  const place = (one) => (shown.has(one.key) ? [...shown.keys()].indexOf(one.key) : -1);
  const changed = layers.map((one) => ({ ...one, shown: shown.has(one.key), opacity: Number(shown.get(one.key) || one.opacity) }));
  changed.sort((one, other) => place(one) - place(other));
  return { ...data.review, layers: changed, at: (looks[data.campaign] || {}).at || data.review.at };
}

function mount(box, data, tell) {
  const words = data.words, map = element("div", { className: "lujian-bench-map", id: data.map.id, role: "region", ariaLabel: data.name });
  const after = element("span", { className: "lujian-after", tabIndex: -1 }), skip = element("button", { type: "button", className: "lujian-skip", textContent: words.skip });
  skip.addEventListener("click", () => after.focus());
  box.replaceChildren(skip, map, after);
  const shown = asShown(data), made = L.map(map, data.map.options), state = { map: made, tell };
  data.map.layers.forEach((one) => L.lujian[one.kind](one.given).addTo(made));
  state.review = L.lujian.review({ ...shown, tap: (given, event) => tap(state, given, event) }).addTo(made);
  state.acts = data.acts;
  if (data.panel) {
    const byKey = new Map(data.panel.map((one) => [one.key, one]));
    const rows = [...shown.layers].reverse().map((one) => ({ ...byKey.get(one.key), shown: one.shown, opacity: one.opacity }));
    state.list = listOf(rows, words);
    box.append(element("p", { className: "lujian-thinned", role: "status" }), element("details", { className: "lujian-panel" }, element("summary", { textContent: words.layers }), state.list));
    box.querySelector(".lujian-thinned").dataset.thinned = "";
    state.panel = L.lujian.reviewed.panel(state.list, [state.review], (told) => remember(data.campaign, "layers", told));
  } else state.review.arrange(shown.layers);
  if (data.acts.includes("area")) {
    state.draw = drawBox(data);
    box.append(state.draw);
    state.drawn = L.lujian.reviewed.drawn(state.draw, [state.review], (area) => state.tell("area", area));
  }
  box.removeAttribute("aria-busy");
  return state;
}

function tap(state, given, event) {
  const act = given.site ? "site" : given.hotspot_id ? "hotspot" : "community";
  if (!state.acts.includes(act) || state.map.getContainer().classList.contains("lj-drawing")) return;
  L.DomEvent.stopPropagation(event);
  state.tell(act, given.site || given.hotspot_id || given.code);
}

function moved(review) {
  const state = [...document.querySelectorAll(".lujian-bench")].map((box) => held.get(box)).find((one) => one && one.review === review);
  if (!state || state.following) return;
  const middle = review._map.getCenter(), zoom = review._map.getZoom();
  Object.values(groups[state.group] || {}).forEach((other) => {
    if (other === state || !other.map.getContainer().isConnected) return;
    other.following = true;
    other.map.setView(middle, zoom, { animate: false });
    other.following = false;
  });
  remember(state.campaign, "at", middle.lng.toFixed(5) + "," + middle.lat.toFixed(5) + "," + zoom);
}

function change(box, state, data, tell) {
  state.tell = tell;
  const shown = asShown(data), told = JSON.stringify(shown);
  if (state.told !== told) {
    state.review.change({ ...shown, tap: state.review.options.tap });
    state.review.arrange(shown.layers);
    state.told = told;
  }
  if (state.draw && state.draw.dataset.area !== data.area) {
    state.draw.dataset.area = data.area;
    state.draw.querySelector("[data-do=start]").textContent = data.area ? data.words.redraw : data.words.draw;
    state.drawn();
  }
}

/* Another campaign, another language, other uploaded layers: another map. */
function keyOf(data) {
  return JSON.stringify([data.map, data.panel && data.panel.map((one) => one.key + one.name), data.acts, data.group]);
}

export default function ({ parentElement, data, setTriggerValue }) {
  const box = parentElement.querySelector(".lujian-bench"), tell = (name, value) => setTriggerValue(name, value);
  const key = keyOf(data), first = !held.has(box);
  if (first) held.set(box, { waiting: true });
  held.get(box).next = data;
  once("link", "lujian-map-css", { rel: "stylesheet", href: data.style });
  const scripts = data.scripts.reduce((ready, src, at) => ready.then(() => once("script", "lujian-map-js-" + at, { src, async: false })), Promise.resolve());
  scripts.then(() => {
    let state = held.get(box);
    const newest = state.next;
    if (state.key !== key) {
      if (newest !== data) return;
      if (state.map) state.map.remove();
      document.documentElement.classList.toggle("lj-large", Boolean(data.map.layers[0].given.large));
      L.lujian.reviewed.onmove = moved;
      follow(data.campaign);
      state = Object.assign(mount(box, data, tell), { key, campaign: data.campaign, group: data.group, next: data, told: JSON.stringify(asShown(data)) });
      held.set(box, state);
      if (data.group) (groups[data.group] = groups[data.group] || {})[data.map.id] = state;
    } else change(box, state, data, tell);
    write(data.campaign);
  }).catch(() => { box.textContent = data.words.failed; box.removeAttribute("aria-busy"); held.delete(box); });
  return () => {
    const state = held.get(box);
    if (box.isConnected || !state || !state.map) return;
    state.map.remove();
    held.delete(box);
  };
}
