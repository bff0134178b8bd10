import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

import { type SearchFilters, toApi } from "../filters";

const PAGE = 30;
const SIMILAR = 40;
// Results stay as they were found while somebody reads them.
const STILL = { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false } as const;

export const wordsQuery = (words: string, filters: SearchFilters) =>
  infiniteQueryOptions({
    queryKey: [...keys.search, "words", words, filters],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        http.GET("/api/messages", {
          params: {
            query: { q: words, limit: PAGE, ...toApi(filters), ...(pageParam && { page: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_page,
    ...STILL,
  });

export const similarQuery = (words: string, filters: SearchFilters) =>
  queryOptions({
    queryKey: [...keys.search, "similar", words, filters],
    queryFn: ({ signal }) =>
      unwrap(
        http.POST("/api/messages/semantic-search", {
          body: { query: words, limit: SIMILAR, filters: toApi(filters) },
          signal,
        }),
      ),
    ...STILL,
  });
