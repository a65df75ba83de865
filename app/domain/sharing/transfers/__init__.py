"""The file follows the child: packets out and in, receipts, locks and requests."""
