import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactElement } from "react";
import { createMemoryRouter } from "react-router";
import { RouterProvider } from "react-router/dom";

import { TooltipProvider } from "@/components/ui/tooltip";
import { type Me, meQuery } from "@/lib/session/me";
import { useSession } from "@/lib/session/session";

import { me as helena, TENANT } from "./samples";

interface Options {
  path?: string;
  at?: string;
  isLoggedIn?: boolean;
  me?: Me;
  /** What `page` has in its outlet. */
  inside?: ReactElement;
}

/** `page` as a person sees it; every other address shows "elsewhere". */
export function show(
  page: ReactElement,
  { path = "/", at = path, isLoggedIn = true, me = helena, inside }: Options = {},
) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: "always" } } });
  client.setQueryData(meQuery.queryKey, me);
  if (isLoggedIn) {
    useSession.setState({
      state: "in",
      token: { access_token: "t", token_type: "Bearer", expires_in: 600, tenant_id: TENANT, role: me.role },
    });
  }
  const router = createMemoryRouter(
    [
      { path, element: page, ...(inside && { children: [{ index: true, element: inside }] }) },
      { path: "*", element: <Elsewhere /> },
    ],
    {
      initialEntries: [at],
    },
  );
  const shown = render(
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <RouterProvider router={router} />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return { ...shown, router, client };
}

const Elsewhere = () => <p>elsewhere</p>;
