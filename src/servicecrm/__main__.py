"""`python -m servicecrm` is the command `servicecrm`."""

import sys

from servicecrm.cli import main

sys.exit(main())
