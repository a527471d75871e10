import { api, orthanc } from "./base";

/** What the gateway or Orthanc answered instead of success: a code for programs, a sentence for people. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The whole answer, for those who know more keys of it. */
    readonly answer: unknown = null,
  ) {
    super(message);
  }

  /** Whether whoever asked asks again by itself. */
  again = false;

  /** Nobody answered, or somebody else than the gateway, with an error: it may be there in a moment. */
  get passing(): boolean {
    return this.status === 0 || (this.status >= 500 && this.code.startsWith("HTTP_"));
  }

  /** The user of Orthanc that is logged in may not see this. */
  get forbidden(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

interface Asking {
  signal?: AbortSignal;
}

/** GET from the gateway; `path` is relative, such as `jobs?Limit=50`. Throws Refused. */
export function get<Answer>(path: string, asking: Asking = {}): Promise<Answer> {
  return ask<Answer>(api + path, asking);
}

/** GET from the gateway what is not known yet; undefined while it is still what `tag` names. Throws Refused. */
export async function getIfNew<Answer>(
  path: string,
  tag: string,
  asking: Asking = {},
): Promise<{ answer: Answer; tag: string } | undefined> {
  const answer = await reached(api + path, { ...asking, headers: tag === "" ? {} : { "If-None-Match": `"${tag}"` } });
  if (answer.status === 304) return undefined;
  return { answer: await understood<Answer>(answer), tag: (answer.headers.get("ETag") ?? "").replace(/^W\/|"/g, "") };
}

/** POST to the gateway. Throws Refused. */
export function post<Answer>(path: string, body: unknown = {}, asking: Asking = {}): Promise<Answer> {
  return ask<Answer>(api + path, { ...asking, ...json(body) });
}

/** POST to the gateway for a file. Throws Refused. */
export async function postForFile(path: string, body: unknown): Promise<Blob> {
  const answer = await reached(api + path, json(body));
  if (!answer.ok) throw refusal(answer.status, parsed(await carried(answer.text())));
  return carried(answer.blob());
}

/** GET from Orthanc, as the user who looks at the page. Throws Refused. */
export function getOrthanc<Answer>(path: string, asking: Asking = {}): Promise<Answer> {
  return ask<Answer>(orthanc + path, asking);
}

/** POST to Orthanc, as the user who looks at the page: what is searched for stands in no address. Throws Refused. */
export function postOrthanc<Answer>(path: string, body: unknown, asking: Asking = {}): Promise<Answer> {
  return ask<Answer>(orthanc + path, { ...asking, ...json(body) });
}

function json(body: unknown): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

async function ask<Answer>(address: string, asking: RequestInit): Promise<Answer> {
  return understood<Answer>(await reached(address, asking));
}

function reached(address: string, asking: RequestInit): Promise<Response> {
  return carried(fetch(address, asking));
}

/** What comes by the network; it may break off in the middle of an answer, too. */
async function carried<Given>(coming: Promise<Given>): Promise<Given> {
  try {
    return await coming;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused(0, "UNREACHABLE", "Orthanc does not answer.");
  }
}

async function understood<Answer>(answer: Response): Promise<Answer> {
  const text = await carried(answer.text());
  const said = parsed(text);
  if (answer.ok && said !== undefined) return said as Answer;
  throw refusal(answer.status, said);
}

/** Orthanc answers with its own texts, a proxy with a page: neither is JSON, and none is shown. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(status: number, said: unknown): Refused {
  const answer = (said ?? {}) as { Error?: unknown; Message?: unknown };
  const code = typeof answer.Error === "string" ? answer.Error : `HTTP_${status}`;
  const message = typeof answer.Message === "string" ? answer.Message : `HTTP ${status}`;
  return new Refused(status, code, message, said);
}
