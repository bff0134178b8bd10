import type { components } from "./schema";

type ProblemBody = components["schemas"]["Problem"];
type InvalidField = components["schemas"]["InvalidField"];

/** What the API refused, or `status` 0 when it could not be reached at all. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  /** Finds the request in the server's log; shown to people so that they can quote it. */
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
  /** What is wrong with single fields, as the API says it. */
  readonly fields: readonly InvalidField[];

  constructor(
    status: number,
    code: string,
    detail: string,
    requestId: string | null,
    retryAfter: number | null,
    fields: readonly InvalidField[] = [],
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfter;
    this.fields = fields;
  }

  static unreachable(): ApiProblem {
    return new ApiProblem(0, "unreachable", "The server can't be reached", null, null);
  }

  static of(response: Response, body: unknown): ApiProblem {
    const problem = isProblem(body) ? body : null;
    const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
    return new ApiProblem(
      response.status,
      problem?.code ?? "unknown",
      problem?.detail ?? response.statusText,
      problem?.request_id ?? response.headers.get("X-Request-ID"),
      Number.isFinite(retryAfter) ? retryAfter : null,
      problem?.errors ?? [],
    );
  }
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}
