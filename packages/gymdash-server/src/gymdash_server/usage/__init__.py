"""What the machine and the runs use: CPU, memory and GPU."""
