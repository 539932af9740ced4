"""Version of the adapter, in the form that dbt expects."""

version = "0.1.0"
