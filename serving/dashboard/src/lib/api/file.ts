import { ApiProblem } from "./problem";

interface Blobbed {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/** Save a file that only a logged-in person may fetch. Ask with `parseAs: "blob"`. */
export async function saveFile(answer: Promise<Blobbed>, name: string): Promise<void> {
  const { data, error, response } = await answer;
  if (!response.ok || !(data instanceof Blob)) throw ApiProblem.of(response, error);
  const url = URL.createObjectURL(data);
  follow(url, name);
  URL.revokeObjectURL(url);
}

/** Let the browser fetch an address as a file. */
export function follow(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
