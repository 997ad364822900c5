"""Background processes: start, lock, queue, watch and stop what trains, imports and builds reports."""
