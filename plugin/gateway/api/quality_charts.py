"""Routes of the charts of quality, and of their alerts."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse

from plugin.gateway.api.answers import NotFound
from plugin.gateway.api.responses import content, errors
from plugin.gateway.api.schemas.quality_charts import AcknowledgeRequest, ChartList, QualityAlertList
from plugin.gateway.operations.quality_charts import QualityCharts
from plugin.quality.charts.point import Value

ALERT_ID = r"^[0-9a-f]{24}$"
Text = Annotated[str | None, Query(max_length=200)]
AlertInPath = Annotated[str, Path(json_schema_extra={"pattern": ALERT_ID})]
CSV = content("text/csv", "The charts, or their points as a table", text=True)


def router(charts: QualityCharts) -> APIRouter:
    """Routes under /quality/charts and /quality/alerts."""
    routes = APIRouter(prefix="/quality", tags=["quality"], responses=errors())

    @routes.get(
        "/charts",
        summary="Charts of what people change, with limits and alerts",
        description="By structure, model and target; points where one Structure is asked for, and in CSV always.",
        response_model=ChartList,
        responses=CSV,
    )
    def get_charts(
        value: Annotated[Value, Query(alias="Value")] = Value.ADDED_PATH_LENGTH,
        structure: Annotated[Text, Query(alias="Structure")] = None,
        model: Annotated[Text, Query(alias="Model")] = None,
        target: Annotated[Text, Query(alias="Target")] = None,
        scanner: Annotated[Text, Query(alias="Scanner")] = None,
        form: Annotated[Literal["json", "csv"], Query(alias="Format")] = "json",
    ) -> Response:
        wanted = {"structure": structure, "model": model, "target": target, "scanner": scanner}
        if form == "csv":
            headers = {"Content-Disposition": 'attachment; filename="quality-charts.csv"'}
            return Response(charts.csv(value, **wanted), media_type="text/csv; charset=utf-8", headers=headers)
        return JSONResponse(charts.show(value, **wanted))

    @routes.post(
        "/alerts/{alert_id}/acknowledge",
        summary="Say that an alert was seen",
        description="It is then no longer told. AcceptLevel makes what is now the new baseline of its chart.",
        responses=errors(404),
    )
    def acknowledge_alert(alert_id: AlertInPath, said: AcknowledgeRequest | None = None) -> QualityAlertList:
        alert = charts.find(alert_id)
        if alert is None:
            raise NotFound(
                "NO_ALERT", "There is no such alert; GET /autocontour/quality/charts lists those that stand."
            )
        level = said is not None and said.accept_level
        return QualityAlertList.model_validate({"Alerts": charts.acknowledge(alert, level=level)})

    return routes
