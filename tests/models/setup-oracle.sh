#!/usr/bin/env bash
# nnU-Net itself, in a Python of its own (.cache/oracle): it serves tests and benchmarks alone. Its torch is that of .venv,
# and nothing is installed that would bring another one; the parts of it that need torchvision are not loaded.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ ! -e .cache/oracle/done ] || exit 0
.venv/bin/python -c 'import torch' || { echo "setup-oracle: .venv has no torch" >&2; exit 1; }
.venv/bin/python -m venv --clear .cache/oracle
.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
    >"$(.cache/oracle/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/base.pth"
.cache/oracle/bin/pip install -q --no-deps nnunetv2==2.6.2 dynamic-network-architectures==0.4.2 \
    batchgenerators==0.25.1 batchgeneratorsv2==0.3.0 acvl-utils==0.2.5 SimpleITK==2.5.7 scikit-image==0.26.0 \
    tifffile==2026.3.3 imageio==2.38.1 blosc2==4.14.1 matplotlib==3.11.2 seaborn pandas==3.1.1 scikit-learn==1.9.1 \
    joblib==1.6.0 threadpoolctl==3.8.0 einops==0.8.2 future fft-conv-pytorch==1.2.0 python-dateutil cycler \
    kiwisolver contourpy fonttools pyparsing lazy_loader yacs ndindex msgpack numexpr pytz tzdata cloudpickle \
    narwhals
touch .cache/oracle/done
