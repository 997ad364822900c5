"""The command line: everything the dashboard does, as `streamrec COMMAND` or `python -m streamrec_core COMMAND`."""
