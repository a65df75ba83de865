"""Who a thing can be given to."""
