"""One router a noun: who may see it, and in which form."""
