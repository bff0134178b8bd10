import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";

import { http, type Schemas, unwrap } from "@/lib/api/client";

export type Me = Schemas["Me"];

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => unwrap(http.GET("/api/me", { signal })),
  staleTime: 5 * 60_000,
});

/** The person and their company; only below the shell, which waits for it. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

export const useMeState = () => useQuery(meQuery);
