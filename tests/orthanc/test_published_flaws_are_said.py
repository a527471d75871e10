"""What a real Orthanc of this machine is known to have, where an administrator looks."""

from __future__ import annotations

from plugin.advisories.alerts import FLAWS
from plugin.advisories.flaws import findings, known_flaws
from plugin.advisories.packages import installed_packages
from tests.builders.orthanc_process import OrthancProcess, until


def test_health_metrics_and_check_name_the_flaws_of_the_orthanc_that_runs(orthanc: OrthancProcess) -> None:
    expected = {one.sentence for one in findings(installed_packages(), known_flaws().flaws)}
    assert expected, "the Orthanc of Debian 12 and its DCMTK have published flaws"

    def said() -> set[str]:
        alerts = orthanc.json("/autocontour/health")["Alerts"]
        return {alert["Message"] for alert in alerts if alert["Alert"] == FLAWS}

    assert until(said, "the versions were compared", 60) == expected
    assert f'autocontour_alerts{{alert="{FLAWS}"}} {len(expected)}.0' in orthanc.get("/autocontour/metrics").text
    assert orthanc.get("/autocontour/health").status_code == 200, "contouring goes on"
