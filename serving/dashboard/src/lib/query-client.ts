import { QueryClient } from "@tanstack/react-query";

import { ApiProblem } from "@/lib/api/problem";

const MOST_TRIES = 2;

function mayRetry(failures: number, error: Error): boolean {
  if (!(error instanceof ApiProblem)) return false;
  const isPassing = error.status === 0 || error.status === 429 || error.status >= 500;
  return isPassing && failures < MOST_TRIES;
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: mayRetry,
        retryDelay: (attempt) => Math.min(8_000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2),
        refetchOnWindowFocus: true,
        // "Online" is the browser's guess; a server on this machine works without a network.
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}
