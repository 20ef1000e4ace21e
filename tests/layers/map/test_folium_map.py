"""Words of operators in a map's code are data: no markup, no template."""

from __future__ import annotations

import json
import re
from pathlib import Path

from layers.map import folium_map

BOUNDS = (116.29, 40.01, 116.36, 40.07)


def test_words_survive_a_page_of_its_own_and_run_nothing(tmp_path: Path) -> None:
    trap = tmp_path / "run"
    name = f"{{{{ cycler.__init__.__globals__.os.mkdir('{trap}') }}}}{{% bad {{# </script><b>"
    made = folium_map.local_map("slug", bounds=BOUNDS, lang="en", words={"note": name})
    page = folium_map.page_of(made)
    assert not trap.exists()
    assert "</script><b>" not in page
    options = re.search(r"L\.lujian\.base\((\{.*?\})\);", page)
    assert options
    assert json.loads(options[1])["words"]["note"] == name


def test_the_page_asks_no_other_host() -> None:
    made = folium_map.local_map("slug", bounds=BOUNDS, lang="en", words={})
    assert not re.findall(r"https?://", folium_map.page_of(made))
