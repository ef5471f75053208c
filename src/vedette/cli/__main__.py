"""``python -m vedette.cli``, for places without the console script."""

import sys

from vedette.cli import main

sys.exit(main())
