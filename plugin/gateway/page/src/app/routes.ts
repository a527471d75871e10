import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** What a view is given: the parts of its address, and what stands behind its question mark. */
export interface Place {
  parts: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

export type View = ComponentType<Place>;

export interface Route {
  /** As it stands behind the #: `/jobs/:id`. It holds Orthanc's and our own ids, never a name. */
  path: string;
  /** Which entry of the menu it belongs to. */
  entry: string;
  load: () => Promise<{ default: View }>;
}

export interface Match {
  route: Route;
  place: Place;
}

/** Find the route of an address such as `#/jobs/0123?slice=4`; undefined when there is none. */
export function match(routes: readonly Route[], hash: string): Match | undefined {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  for (const route of routes) {
    const parts = partsOf(route.path, path === "" ? "/" : path);
    if (parts !== undefined) return { route, place: { parts, query: new URLSearchParams(query) } };
  }
  return undefined;
}

function partsOf(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [index, word] of wanted.entries()) {
    const found = given[index] ?? "";
    if (word.startsWith(":")) {
      if (!/^[0-9A-Za-z-]+$/.test(found)) return undefined;
      parts[word.slice(1)] = found;
    } else if (word !== found) {
      return undefined;
    }
  }
  return parts;
}

/** The address behind the #, as it changes. */
export function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return hash;
}

/** Change what stands behind the question mark of a view, without a new entry in the browser's history. */
export function replaceQuery(values: Readonly<Record<string, string>>): void {
  const [path = "#/"] = location.hash.split("?", 1);
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ""));
  const text = query.toString();
  history.replaceState(null, "", `${path === "" ? "#/" : path}${text === "" ? "" : `?${text}`}`);
}
