"""What runs beside the images: gate, volume, engines, contours, RTSTRUCT."""

import os

# OpenMP reads it when torch is loaded, so it is set before any of ours loads that. Threads that spin while they wait
# for each other take the core that another process would free: on crowded cores a network took 1.5 to 3 times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
