// Requests to the service that the page came from. A token stays in this tab and goes with each request, and nowhere else.

const KEY = "spanloom-token";
let token = sessionStorage.getItem(KEY) || "";

// Why there is no answer. cause: a fixed name, as the service gives it, or `network`; said: its own sentence.
export class Fault extends Error {
  constructor(cause, said = "", seconds = 0) {
    super(said);
    this.cause = cause;
    this.seconds = seconds;
  }
}

export function useToken(given) {
  token = given;
  if (given) sessionStorage.setItem(KEY, given);
  else sessionStorage.removeItem(KEY);
}

// The answer to a request. body: is sent as JSON, by POST. Throws Fault, or what `signal` throws where it ends the request.
export async function ask(path, { body, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  let response, given;
  try {
    response = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
    given = await response.json().catch(error => {
      if (error.name !== "SyntaxError") throw error;
      return {}; // from something in between, such as a proxy
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Fault("network");
  }
  if (response.ok) return given;
  throw new Fault(given.cause || "unknown", given.error || `${response.status} ${response.statusText}`, +response.headers.get("Retry-After") || 0);
}
