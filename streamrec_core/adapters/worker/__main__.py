"""Start a worker process, by the path of this folder: `python FOLDER SETTINGS`.

The folder is made a package by another name, and is not searched for the modules of the model.
"""

import importlib
import importlib.util
import os
import sys

folder = os.path.dirname(os.path.abspath(__file__))
file = os.path.join(folder, "__init__.py")
spec = importlib.util.spec_from_file_location("streamrec_worker", file, submodule_search_locations=[folder])
assert spec is not None
sys.modules["streamrec_worker"] = importlib.util.module_from_spec(spec)
importlib.import_module("streamrec_worker.service").main(sys.argv[1:], folder)
