"""What the style sheet hides exists in the Streamlit that is installed: a renamed part would be shown again."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit

ROOT = Path(__file__).parents[2]


def test_advice_to_developers_is_hidden_by_names_that_streamlit_uses() -> None:
    style = (ROOT / "pages" / "ui" / "style.css").read_text("utf-8")
    hidden = re.findall(r'data-testid="(stSkills\w+)"', style)
    scripts = (Path(streamlit.__file__).parent / "static" / "static" / "js").glob("*.js")
    bundled = "".join(script.read_text("utf-8") for script in scripts)
    assert set(hidden) == {"stSkillsNudge", "stSkillsInstallCallout"}
    for name in hidden:
        assert f"`{name}`" in bundled or f'"{name}"' in bundled
