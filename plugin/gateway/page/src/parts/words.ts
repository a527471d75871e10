import { words } from "../app/language";

export const WORDS = words(
  {
    waiting: "waiting",
    running: "running",
    done: "done",
    excluded: "excluded",
    rejected: "rejected",
    failed: "failed",
    cancelled: "cancelled",
    superseded: "superseded",
    unreachable: "Orthanc does not answer. This page tries again by itself.",
    forbidden: "This Orthanc does not let your user see this.",
    byRequest: "by request",
  },
  {
    waiting: "wartet",
    running: "läuft",
    done: "fertig",
    excluded: "ausgenommen",
    rejected: "abgelehnt",
    failed: "gescheitert",
    cancelled: "abgebrochen",
    superseded: "abgelöst",
    unreachable: "Orthanc antwortet nicht. Diese Seite versucht es von selbst wieder.",
    forbidden: "Dieses Orthanc zeigt Ihrem Benutzer das nicht.",
    byRequest: "auf Anforderung",
  },
);
