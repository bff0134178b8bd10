import "@/index.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { Toaster } from "sonner";

import { TooltipProvider } from "@/components/ui/tooltip";
import { makeQueryClient } from "@/lib/query-client";
import { resume, useSession } from "@/lib/session/session";
import { text } from "@/lib/text";
import { followSystem, useTheme } from "@/lib/theme/theme";

import { router } from "./router";

const client = makeQueryClient();

function App() {
  const theme = useTheme((chosen) => chosen.theme);
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <RouterProvider router={router} />
        <Toaster theme={theme} position="bottom-right" closeButton />
      </TooltipProvider>
    </QueryClientProvider>
  );
}

/** What React mended by rendering again: nobody saw it, but its cause is worth a look. */
function reportMended(error: unknown): void {
  console.error(error instanceof Error ? (error.cause ?? error) : error);
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

document.documentElement.lang = text.locale;
followSystem();
// Nothing of one person may be there for the next one.
useSession.subscribe((now, before) => {
  if (now.state === "out" && before.state !== "out") client.clear();
  if (now.state === "in" && before.state === "ended") void client.invalidateQueries();
});
void resume();
createRoot(root, { onRecoverableError: reportMended }).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
