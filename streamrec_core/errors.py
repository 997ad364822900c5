"""What can go wrong that a user can mend; every message names the fault and the way out."""


class StreamRecError(Exception):
    """A fault that the person at the keyboard can mend. The command line ends with exit code 2."""


class BadInput(StreamRecError):
    """A file, row, name or number that cannot be used as it is."""


class Refused(StreamRecError):
    """Something that would work but must not be done: weights that changed, a read-only dashboard."""
