import { words } from "../app/language";

export const WORDS = words(
  {
    title: "Jobs",
    none: "No job yet. Send a CT series to this Orthanc; it appears here when it is whole.",
    working: "working, version {version}",
    created: "Created",
    state: "State",
    model: "Model",
    rule: "Rule",
    slices: "Slices",
    open: "Open job of {time}",
    newest: "The newest 100 jobs.",
  },
  {
    title: "Aufträge",
    none: "Noch kein Auftrag. Senden Sie eine CT-Serie an dieses Orthanc; sie erscheint hier, sobald sie vollständig ist.",
    working: "arbeitet, Version {version}",
    created: "Angelegt",
    state: "Zustand",
    model: "Modell",
    rule: "Regel",
    slices: "Schichten",
    open: "Auftrag vom {time} öffnen",
    newest: "Die neuesten 100 Aufträge.",
  },
);
