import createClient from "openapi-fetch";

import { accessToken, refresh } from "@/lib/session/session";

import { ApiProblem } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** Sends with the access token; when that one has expired, renews it and asks once more. */
async function authorised(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await send(request);
  if (response.status !== 401) return response;
  await refresh();
  return send(again);
}

async function send(request: Request): Promise<Response> {
  const token = accessToken();
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  try {
    return await globalThis.fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw ApiProblem.unreachable();
  }
}

export const http = createClient<paths>({ baseUrl: location.origin, fetch: authorised });

/** The data of an answer; throws ApiProblem for anything else. */
export async function unwrap<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok || data === undefined) throw ApiProblem.of(response, error);
  return data;
}
