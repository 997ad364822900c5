"""Entry of `python -m streamrec_core`."""

from streamrec_core.cli.main import main

if __name__ == "__main__":
    main()
