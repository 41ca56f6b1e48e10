"""Sphinx: `python -m sphinx -W -b html docs build/docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import hotjunction

project = "hotjunction"
author = "The hotjunction developers"
release = version = hotjunction.__version__
project_copyright = author

extensions = [
    "myst_nb",  # the parser of MyST, and of notebooks in it
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_click",
    "sphinx_copybutton",
]
exclude_patterns = ["models", "campaigns", "_templates", "notebooks/data"]
templates_path = ["_templates"]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

nb_execution_mode = "force"
nb_execution_raise_on_error = True  # a notebook that fails is an error of the build
nb_execution_timeout = 300  # s; a busy machine is slow, not wrong

autosummary_generate = True
autodoc_typehints = "none"  # the signatures of a numpydoc page say them already
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "furo"
html_title = f"hotjunction {release}"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#b5410b", "color-brand-content": "#0b5fa5"},
    "dark_css_variables": {"color-brand-primary": "#ff9a5c", "color-brand-content": "#7cc0ff"},
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
