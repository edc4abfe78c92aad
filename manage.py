#!/usr/bin/env python
"""Run a management command of Frittfram."""

import os
import sys

from django.core.management import execute_from_command_line

from portal.catalogues import compile_missing

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    compile_missing()
    execute_from_command_line(sys.argv)
