import { words } from "./language";

export const WORDS = words(
  {
    now: "Now",
    find: "Find",
    rules: "Try a rule",
    evidence: "Evidence",
    rights: "Patients' rights",
    menu: "Views",
    skip: "Skip to the content",
    language: "Deutsch",
    loading: "Loading …",
    missing: "There is no such view.",
    back: "Go to what happens now",
    broken: "This part of the page could not be loaded; Orthanc may have been updated. Load the page again.",
    reload: "Load again",
  },
  {
    now: "Jetzt",
    find: "Suchen",
    rules: "Regel ausprobieren",
    evidence: "Nachweise",
    rights: "Patientenrechte",
    menu: "Ansichten",
    skip: "Zum Inhalt",
    language: "English",
    loading: "Lädt …",
    missing: "Diese Ansicht gibt es nicht.",
    back: "Zu dem, was gerade geschieht",
    broken: "Dieser Teil der Seite konnte nicht geladen werden; vielleicht wurde Orthanc aktualisiert. Bitte neu laden.",
    reload: "Neu laden",
  },
);
