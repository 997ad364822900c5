"""Find the fault and show the evidence: misses, magnet items, what-if, parts switched off, and a list of cases."""
