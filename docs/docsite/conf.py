# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx settings of the site that `make docs` builds.

Nothing in it is fetched from elsewhere, so it builds offline.
"""

project = "quorum.etcd"
copyright = "the quorum.etcd founders"
html_title = "quorum.etcd"
html_short_title = "quorum.etcd"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
myst_heading_anchors = 4
default_role = "any"
highlight_language = "YAML+Jinja"
pygments_style = "ansible"

html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
html_copy_source = False
html_use_index = False

# Labels of Ansible's own documentation (such as common_return_values), which is not part of this build.
suppress_warnings = ["ref.ref"]
