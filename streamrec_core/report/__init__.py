"""The evidence pack: a report on a model's main parameters, quality and explanations, in one folder of files."""

from streamrec_core.extras import require

require("jinja2")
