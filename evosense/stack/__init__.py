"""All processes of EvoSense on one machine: what `evosense up` and `evosense demo` start, watch and stop."""
