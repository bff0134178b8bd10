"""Days that are out of the ordinary, or that break a rule of the company's own, and who has taken notice of them."""
