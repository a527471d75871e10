// The page is served at …/autocontour/app and one step above, with and without a last slash, perhaps below a proxy's path.
// location.origin, because fetch refuses whatever is relative to an address with a password in it.
const below = location.pathname.replace(/\/+$/, "").replace(/\/app$/, "");

/** Address of the gateway's API, with a last slash. */
export const api = `${location.origin}${below}/`;

/** Address of Orthanc itself, with a last slash. */
export const orthanc = `${location.origin}${below.replace(/\/autocontour$/, "")}/`;

/** Address of a view in Orthanc Explorer: a study, or a series. */
export function explorer(level: "study" | "series", id: string): string {
  return `${orthanc}app/explorer.html#${level}?uuid=${encodeURIComponent(id)}`;
}
