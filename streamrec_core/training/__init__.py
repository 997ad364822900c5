"""Learning as a stream of events, kept in a run folder that another process can watch, stop and resume."""
