"""KPIs: what each one means, and their values, of closed days from the warehouse and of open days from app."""
