"""The evidence pack: what a model goes by, how good it is and how it explains itself, in one folder of files."""

from streamrec_core.extras import require

require("jinja2")
