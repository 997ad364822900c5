"""Colours that a Streamlit badge can have."""

from typing import Literal

BadgeColour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray", "primary"]
