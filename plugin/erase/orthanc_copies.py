"""Looks for pseudonymised copies in Orthanc, removes them, and looks again."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from model.errors import AutocontourError
from plugin.pacs.client import Orthanc

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Copies:
    """``left`` instances under the pseudonym are in Orthanc; ``verified`` says how that is known, as records do."""

    left: int
    verified: str


# The pseudonym is gone with its key, or Orthanc did not answer.
UNKNOWN = Copies(0, "NOT_VERIFIED")
# The job ended before it had a pseudonym.
NEVER_MADE = Copies(0, "NEVER_WRITTEN")


def remove_copies(orthanc: Orthanc, pseudonym: str) -> Copies:
    """Delete every instance of a pseudonym and ask Orthanc again; an Orthanc that is silent is not asked twice.

    None are made here: what is pseudonymised never enters Orthanc. But a recipient can send it back.
    """
    query = {"PatientID": pseudonym}
    try:
        for instance in orthanc.find_instances(query):
            orthanc.delete_instance(instance)
        return Copies(len(orthanc.find_instances(query)), "LOOKED_UP")
    except AutocontourError as error:
        logger.warning("whether Orthanc holds a pseudonymised copy cannot be known now (%s)", error.code)
        return UNKNOWN
