const held = new WeakMap();

function once(tag, id, values) {
  const there = document.getElementById(id);
  if (there) return there.lujianReady;
  const made = Object.assign(document.createElement(tag), values, { id });
  made.lujianReady = new Promise((done) => { made.onload = made.onerror = done; });
  document.head.appendChild(made);
  return made.lujianReady;
}

export default function ({ parentElement, data }) {
  const box = parentElement.querySelector(".lj-part");
  if (held.get(box) === data.address) return;
  held.set(box, data.address);
  const ready = [
    once("link", "lujian-light-css", { rel: "stylesheet", href: data.style }),
    once("script", "lujian-light-js", { src: data.script }),
    fetch(data.address, { credentials: "same-origin" }).then((answer) => answer.text()),
  ];
  Promise.all(ready).then(([, , page]) => {
    if (held.get(box) !== data.address) return;
    box.querySelectorAll("form.lj-say").forEach((f) => f.lujianSay && f.lujianSay.stop());
    box.innerHTML = page;
    box.removeAttribute("aria-busy");
    window.LuJian.mount(box);
  }).catch(() => { box.textContent = data.failed; held.delete(box); });
}
