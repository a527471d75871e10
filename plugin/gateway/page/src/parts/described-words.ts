import { words } from "../app/language";

export const WORDS = words(
  {
    whose: "Patient, study and series",
    patient: "Patient",
    study: "Study",
    series: "Series",
    hidden: "not visible for you",
    gone: "no longer in Orthanc",
    openStudy: "Study in Orthanc Explorer",
    openSeries: "Series in Orthanc Explorer",
  },
  {
    whose: "Patient, Studie und Serie",
    patient: "Patient",
    study: "Studie",
    series: "Serie",
    hidden: "für Sie nicht sichtbar",
    gone: "nicht mehr in Orthanc",
    openStudy: "Studie in Orthanc Explorer",
    openSeries: "Serie in Orthanc Explorer",
  },
);
