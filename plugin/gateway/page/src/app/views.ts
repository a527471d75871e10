import type { Route } from "./routes";

/** Every view of the page; the code of each is loaded when it is opened. */
export const ROUTES: readonly Route[] = [
  { path: "/", entry: "now", load: () => import("../now/view") },
  { path: "/find", entry: "find", load: () => import("../find/view") },
  { path: "/jobs/:id", entry: "find", load: () => import("../job/view") },
  { path: "/series/:id/leaves", entry: "find", load: () => import("../leaves/view") },
  { path: "/rules", entry: "rules", load: () => import("../rules/view") },
  { path: "/evidence", entry: "evidence", load: () => import("../evidence/view") },
  { path: "/evidence/:code", entry: "evidence", load: () => import("../evidence/certificate") },
  { path: "/quality", entry: "quality", load: () => import("../quality/view") },
  { path: "/rights", entry: "rights", load: () => import("../rights/view") },
  { path: "/jobs/:job/contours", entry: "find", load: () => import("../contours/view") },
  { path: "/series/:series/contours", entry: "find", load: () => import("../contours/view") },
];
