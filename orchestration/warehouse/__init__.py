"""Building the warehouse: marks, dbt, and the environment that dbt needs. Imports dbt only where it runs it."""
