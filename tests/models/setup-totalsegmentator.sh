#!/usr/bin/env bash
# TotalSegmentator's own pipeline beside nnU-Net's Python (.cache/oracle), for tests/bench/race.py alone: without its
# dependencies, which would bring another torch. It is given weights from here; none are downloaded.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests/models/setup-oracle.sh
[ ! -e .cache/oracle/totalsegmentator ] || exit 0
.cache/oracle/bin/pip install -q --no-deps TotalSegmentator==2.18.0 xvfbwrapper==0.2.37 dicom2nifti==2.6.2
touch .cache/oracle/totalsegmentator
