"""What axe-core and a finger find wrong with a page."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from core.settings import get_settings
from tests.lacking import lacks

NO_AXE = "axe-core is missing: npm ci --ignore-scripts"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
FINGER = 44

#: Things a finger should hit; what stands inside running text is excepted, as in WCAG 2.5.8.
_SMALL = """
([finger, excepted]) => {
  const found = [];
  const wanted = "a, button, input, select, textarea, summary, [role=button], .lj-chip";
  for (const one of document.querySelectorAll(wanted)) {
    if (excepted && one.closest(excepted)) continue;
    if (one.type === "hidden" || one.closest("[hidden], [aria-hidden=true]")) continue;
    if (!one.checkVisibility({ visibilityProperty: true })) continue;
    // A control inside its label is as large as the label, a closed answer as its chip.
    const label = one.matches("input") && one.closest("label");
    const box = (label || one).getBoundingClientRect();
    if (box.right <= 0 || box.bottom + scrollY <= 0 || !box.width) continue;
    const said = (one.parentElement.textContent || "").trim().length;
    const inText = one.tagName === "A" && getComputedStyle(one).display === "inline"
      && one.closest("p, li, dd, td") && said > one.textContent.trim().length + 1;
    if (inText) continue;
    if (box.width < finger - 0.5 || box.height < finger - 0.5) {
      found.push(`${one.tagName}.${one.className} ${Math.round(box.width)}x`
        + `${Math.round(box.height)} ${(one.textContent || one.name || "").trim().slice(0, 40)}`);
    }
  }
  return found;
}
"""


#: Run axe-core, and add to what it found the class of the element, also of one in a frame.
_RUN = """
(values) => axe.run({ runOnly: { type: "tag", values }, resultTypes: ["violations"] }).then(
  (found) => {
    const kind = (target) => {
      let root = document, one = null;
      for (const part of target) {
        one = typeof part === "string" && root ? root.querySelector(part) : null;
        root = one && one.contentDocument;
      }
      return one ? String(one.className) : "";
    };
    found.violations.forEach((wrong) => wrong.nodes.forEach((node) => {
      node.kind = kind(node.target);
    }));
    return found;
  })
"""


def axe_source() -> str:
    """Return axe-core; without it the test is skipped, or fails where all is required."""
    file = get_settings().assets_dir / "axe-core" / "axe.min.js"
    if not file.is_file():
        lacks(NO_AXE)
    return file.read_text(encoding="utf-8")


#: Rules and the classes of what they are not asked about.
#: Pins stand where the proposals are, however near to each other: WCAG 2.5.8 names them as its
#: example of what is essential. Nearer up they part, and the list beside the map has them all.
EXCLUDED = (
    ("target-size", "lujian-pin"),
    ("target-size", "lujian-cluster"),
)


def violations(page: Page) -> list[str]:
    """Return the serious and critical violations of WCAG 2.2 AA on a page and in its frames."""
    source = axe_source()
    for frame in page.frames:
        if not frame.evaluate("() => Boolean(window.axe)"):
            frame.evaluate(source)  # a script in the page would break its content policy
    found: dict[str, Any] = page.evaluate(_RUN, list(TAGS))
    told = []
    for violation in found["violations"]:
        if violation["impact"] not in {"serious", "critical"}:
            continue
        for node in violation["nodes"]:
            where = " ".join(str(part) for part in node["target"])
            if any(violation["id"] == rule and part in node["kind"] for rule, part in EXCLUDED):
                continue
            why = " ".join(node.get("failureSummary", "").split())
            told.append(f"{violation['id']} at {where}: {node['html'][:120]} ({why[:200]})")
    return told


def too_small(page: Page, excepted: str = "") -> list[str]:
    """Return what a finger misses on a page: less than 44 × 44 CSS pixels.

    What lies in an ``excepted`` element is not asked about.
    """
    return [str(one) for one in page.evaluate(_SMALL, [FINGER, excepted])]
