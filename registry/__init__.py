"""The takedown registry: cases, references, checks, withdrawals, and the doors to them.

`registry` imports `index`; `index` never imports `registry`.
"""

__version__ = "0.1.0"
