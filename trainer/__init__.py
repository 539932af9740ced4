"""Labels you can defend and an honest alert scorer, on ClickHouse."""
