"""The dashboard: a frame, one file a page, and what the pages are made of in `ui`; all of it runs behind `app.py` only.

The launcher imports this package before the server exists. Where it is first imported by a server that runs already,
somebody has started the frame or a page by itself, around sign-in, security headers and the check of the address.
"""

import sys

import streamlit as st
from streamlit.runtime import Runtime, exists, get_instance

BARE = "This file is a part of the dashboard and does not run by itself. Start the dashboard with: streamlit run app.py"

# AppTest has a stand-in for the server, and may run pages without the launcher.
if exists() and isinstance(get_instance(), Runtime):
    sys.stderr.write(f"Error: {BARE}\n")
    st.error(BARE)
    st.stop()
