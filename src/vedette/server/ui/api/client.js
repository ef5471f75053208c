/** Requests to the server's APIs: plain JSON of /api/vedette and /api/v2, and Prometheus' envelope of /api/v1. */

/** @typedef {import("./types.js").QueryData} QueryData */
/** @typedef {import("./types.js").SeriesResult} SeriesResult */

/** A request that failed, in words for a person. */
export class RequestError extends Error {
  /** @param {string} message @param {number} status HTTP status; 0 when no answer came */
  constructor(message, status) {
    super(message);
    this.name = "RequestError";
    this.status = status;
  }
}

/** @param {unknown} error @returns {string} */
export function message(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * @param {string} path
 * @param {{ signal?: AbortSignal, form?: Record<string, string> }} [options] a form makes it a POST
 * @returns {Promise<any>}
 */
async function request(path, { signal, form } = {}) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, {
      signal,
      method: form ? "POST" : "GET",
      body: form && new URLSearchParams(form),
      headers: { Accept: "application/json" },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new RequestError("The server does not answer. Is vedette still running?", 0);
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  const said = body?.error ?? body?.detail ?? body?.message;
  throw new RequestError(said ?? `${path.split("?")[0]} answered ${response.status} ${response.statusText}`.trim(), response.status);
}

/**
 * @param {string} path below /api/vedette/
 * @param {AbortSignal} [signal]
 */
export function vedette(path, signal) {
  return request(`/api/vedette/${path}`, { signal });
}

/**
 * @param {string} path below /api/v2/
 * @param {AbortSignal} [signal]
 */
export function alertmanager(path, signal) {
  return request(`/api/v2/${path}`, { signal });
}

/**
 * @param {string} path below /api/v1/, with its query
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} the `data` of the answer
 */
export async function prometheus(path, signal) {
  return opened(await request(`/api/v1/${path}`, { signal }));
}

/** @param {{ status?: string, data?: any, error?: string }} answer */
function opened(answer) {
  if (answer.status === "success") return answer.data;
  throw new RequestError(answer.error ?? "The answer is not in the form of the Prometheus API.", 200);
}

/**
 * @param {string} query
 * @param {{ start: number, end: number, step: number }} window epoch seconds and seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<SeriesResult[]>}
 */
export async function queryRange(query, { start, end, step }, signal) {
  const form = { query, start: String(start), end: String(end), step: String(step) };
  const data = /** @type {QueryData} */ (opened(await request("/api/v1/query_range", { signal, form })));
  return /** @type {SeriesResult[]} */ (data.result);
}

/**
 * @param {string} query
 * @param {{ start: number, end: number }} window epoch seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("./types.js").ExemplarSeries[]>}
 */
export async function queryExemplars(query, { start, end }, signal) {
  const form = { query, start: String(start), end: String(end) };
  return opened(await request("/api/v1/query_exemplars", { signal, form }));
}

/**
 * @param {string} query
 * @param {number} time epoch seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<SeriesResult[]>} a scalar is a series without labels
 */
export async function queryInstant(query, time, signal) {
  const data = /** @type {QueryData} */ (opened(await request("/api/v1/query", { signal, form: { query, time: String(time) } })));
  if (data.resultType === "scalar" || data.resultType === "string") {
    return [{ metric: {}, value: /** @type {import("./types.js").SamplePair} */ (/** @type {unknown} */ (data.result)) }];
  }
  return /** @type {SeriesResult[]} */ (data.result);
}
