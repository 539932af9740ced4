"""Label lists in and out of the warehouse, label strategies, the taxonomy of publishers' categories."""
