"""The parts of the Debug page."""
