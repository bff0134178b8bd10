"""Real AI servers, built or installed once into a folder of their own and asked by the same code as in production."""
