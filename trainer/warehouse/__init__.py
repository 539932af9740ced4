"""Opens connections, owns the raw tables and runs dbt: the only room that knows ClickHouse's driver."""
