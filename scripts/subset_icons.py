"""Cut Streamlit's icon font down to the icons that pages and its front end name.

    python scripts/subset_icons.py

Writes pages/ui/icons.woff2 and pages/ui/icons.json; run it after a new icon on a page or another version of Streamlit.
Until then the dashboard sends the whole font.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from pages.ui import icons


def glyphs_by_icon(font: TTFont) -> dict[str, str]:
    """Glyph of each icon, whose name the font writes as one ligature."""
    letters = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    glyphs = {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            for first, ligatures in getattr(table, "ExtSubTable", table).ligatures.items():
                for ligature in ligatures:
                    glyphs["".join(letters[glyph] for glyph in (first, *ligature.Component))] = ligature.LigGlyph
    return glyphs


def cut(source: Path, target: Path) -> list[str]:
    """Write the smaller font; returns the names of the icons that it holds."""
    font = TTFont(source)
    glyphs = glyphs_by_icon(font)
    if missing := icons.icons_of_pages() - glyphs.keys():
        raise SystemExit(f"the font of this Streamlit has no icon named {', '.join(sorted(missing))}")
    names = glyphs.keys() & (icons.icons_of_pages() | icons.possible_icons_of_streamlit())
    # Without closure over the layout, which would bring back every icon that the letters can write.
    settings = subset.Options(layout_closure=False, layout_features=["*"], glyph_names=False, hinting=False)
    subsetter = subset.Subsetter(settings)
    subsetter.populate(glyphs=[glyphs[name] for name in names], unicodes=map(ord, set("".join(names))))
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(target)
    return sorted(glyphs_by_icon(TTFont(target)))  # with other names of the same icons


def main() -> None:
    """Write the font and the list of its icons."""
    source = icons.streamlit_font()
    names = cut(source, icons.SUBSET)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    content = {"source": source.name, "source_sha256": digest, "icons": names}
    icons.CONTENT.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{len(names)} icons, {icons.SUBSET.stat().st_size:,} of {source.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
