import { ApiProblem } from "./problem";

/** For answers without a body: throws ApiProblem unless it worked. */
export async function ok(answer: Promise<{ error?: unknown; response: Response }>): Promise<void> {
  const { error, response } = await answer;
  if (!response.ok) throw ApiProblem.of(response, error);
}
