"""Who a share is for."""
