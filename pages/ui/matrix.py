"""The matrix component, which Explore and Overview draw."""

from __future__ import annotations

from pages.ui.component import register
from streamrec_core.explanation_view.assets import MATRIX_SCRIPTS, MATRIX_STYLE

matrix_component = register("matrix", '<div class="sr-matrix"></div>\n', MATRIX_SCRIPTS, MATRIX_STYLE)
