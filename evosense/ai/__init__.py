"""Every model EvoSense can ask, behind two protocols: a scorer and an embedder."""
