import { queryOptions } from "@tanstack/react-query";

import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Filters that a person keeps under a name. `address` is a query as `URLSearchParams.toString()` writes it. */
export type View = Schemas["View"];
export type PageViews = Schemas["PageViews"];
export type ViewPage = PageViews["page"];

export const viewsQuery = queryOptions({
  queryKey: keys.views,
  queryFn: ({ signal }) => unwrap(http.GET("/api/me/views", { signal })),
  staleTime: 5 * 60_000,
});

export const viewsOf = (kept: readonly PageViews[] | undefined, page: ViewPage): readonly View[] =>
  kept?.find((each) => each.page === page)?.views ?? [];

export const keepViews = (page: ViewPage, views: readonly View[]): Promise<PageViews> =>
  unwrap(http.PUT("/api/me/views", { body: { page, views: [...views] } }));
