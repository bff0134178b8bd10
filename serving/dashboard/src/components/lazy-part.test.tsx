import { screen } from "@testing-library/react";
import { Suspense } from "react";
import { describe, expect, it, vi } from "vitest";

import { text } from "@/lib/text";
import { show } from "@/test/screen";

import { lazyPart } from "./lazy-part";

const LOST = new TypeError("Failed to fetch dynamically imported module: /assets/chart.js");

describe("a part of a page that did not come", () => {
  it("is told in its place, without an error of React's, and the rest of the page stays", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    const said = vi.spyOn(console, "error");
    const Chart = lazyPart<object>(() => Promise.reject(LOST));
    show(
      <main>
        <h1>Hoje</h1>
        <Suspense>
          <Chart />
        </Suspense>
      </main>,
    );
    expect(await screen.findByText(text.states.unreachable)).toBeInTheDocument();
    expect(screen.getByRole("heading", { name: "Hoje" })).toBeInTheDocument();
    expect(said).not.toHaveBeenCalled();
    vi.unstubAllGlobals();
  });
});
