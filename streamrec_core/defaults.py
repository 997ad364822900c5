"""Defaults that settings and command-line options share: plain constants, so that `--help` loads no heavy library."""

DEFAULT_PRESET = "streamrec"
"""The synthetic data set that is opened where none is named."""
SESSIONS, SEED = 20_000, 42
"""Size and seed of a preset."""

DEFAULT_RECIPE = "additive"
"""Architecture and training of a model where none is named."""

LEAST_SHARE = 0.5
"""Share of its probability that a title loses without the reason for it."""

SINK_SESSIONS, SINK_SESSION_SHARE = 1_000, 0.02
"""Sessions in which attention sinks are searched, and the share of them that an item must occur in."""

REPORT_WEIGHED, REPORT_LOOKED_AT, REPORT_EXPLAINED, REPORT_SEED = 300, 300, 100, 0
"""Sessions of a report whose parameters are measured, whose heads are profiled, and that are explained; their seed."""

CHECK_SESSIONS = 500
"""Test sessions on which `check` measures accuracy."""

CONTROL_SESSIONS = 200
"""Test sessions in which every control of a user is tried."""

GATE_EXPLAINED, GATE_WEIGHED = 50, 100
"""Test sessions whose explanations `diff` checks, and on which it measures the main parameters."""

LARGE_ARRAY = 8 << 20
"""Bytes from which an array of the dashboard's server has memory of its own, which goes back when it is freed."""
MALLOC = {"MALLOC_ARENA_MAX": 1, "MALLOC_MMAP_THRESHOLD_": LARGE_ARRAY, "MALLOC_TRIM_THRESHOLD_": 4 * LARGE_ARRAY}
"""How the dashboard's server asks glibc for memory, as environment variables (mallopt(3)): `pages/ui/malloc.py`."""
