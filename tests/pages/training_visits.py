"""What tests of the Training page share: its address and its buttons."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

PAGE = "training/page.py"


def press(visitor: AppTest, label: str) -> AppTest:
    next(button for button in visitor.main.button if button.label == label).click().run()
    assert not visitor.exception
    return visitor


def labels(visitor: AppTest) -> list[str]:
    return [button.label for button in visitor.main.button]
