"""The command line: everything the dashboard does, as `python -m streamrec_core COMMAND`."""
