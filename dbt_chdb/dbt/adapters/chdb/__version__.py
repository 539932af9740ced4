"""Version of the adapter, in the form dbt wants to read it."""

version = "0.1.0"
