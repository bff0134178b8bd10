"""The domain: decisions live here, delivery lives in the apps."""
