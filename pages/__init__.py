"""The dashboard: a frame, one file a page, and what the pages are made of in `ui`."""
