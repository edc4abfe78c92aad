"""The one signal of our own: a listing's public facts have changed.

Sent by directory (and cards) in the transaction that changes the row, with `kind` (a value of
`directory.listings.kinds.Kind`) and `pk`. `search/apps.py` is its only receiver.
"""

from django.dispatch import Signal

listing_changed = Signal()
