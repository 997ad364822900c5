"""What can go wrong that a user can mend; every message names the fault and the way out."""


class StreamRecError(Exception):
    """A fault that the person at the keyboard can mend. The command line ends with exit code 2."""


class BadInput(StreamRecError):
    """A file, row, name or number that cannot be used as it is."""


class Refused(StreamRecError):
    """Something that would work but must not be done: weights that changed, a read-only dashboard."""


class MissingExtra(StreamRecError, ImportError):
    """A library that only an extra of the package installs.

    Attributes
    ----------
    library, extra
        What is missing, and the extra that brings it.
    """

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed; install it with: pip install 'streamrec[{extra}]'")
        self.library, self.extra = library, extra
