import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

import { API_MODE, type SearchFilters, type SearchMode, toApi } from "../filters";

const PAGE = 30;
// Results stay as they were found while somebody reads them.
const STILL = { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false } as const;

export const searchQuery = (words: string, mode: SearchMode, filters: SearchFilters, zone: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.search, mode, words, filters],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        http.GET("/api/search", {
          params: {
            query: {
              q: words,
              mode: API_MODE[mode],
              limit: PAGE,
              ...toApi(filters, zone),
              ...(pageParam && { page: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_page,
    ...STILL,
  });

export const likeQuery = (messageId: string, filters: SearchFilters, zone: string) =>
  queryOptions({
    queryKey: [...keys.search, "like", messageId, filters],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/messages/{message_id}/similar", {
          params: { path: { message_id: messageId }, query: { limit: PAGE, ...toApi(filters, zone) } },
          signal,
        }),
      ),
    ...STILL,
  });
