import { screen, within } from "@testing-library/react";
import { http as wire, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";

import { show } from "@/test/screen";
import { server } from "@/test/server";

import { ThemesPage } from "./themes-page";

const theme = (id: string | null, words: string[], impact: number, isEmerging = false) => ({
  theme_id: id,
  words,
  n: 40,
  share: 0.2,
  sentiment_mean: impact / 10,
  satisfaction_mean: 50 + impact,
  impact,
  positive_points: 1,
  negative_points: 1,
  is_emerging: isEmerging,
  lift: 1.4,
});
const ID = "019a0000-0000-7000-8000-0000000000e1";

describe("themes", () => {
  it("are put in order by what they do to the score, and lead to their messages", async () => {
    server.use(
      wire.get("/api/tenants/:id/themes", () =>
        HttpResponse.json({
          scored: 200,
          net_sentiment: 2.5,
          themes: [
            theme("019a0000-0000-7000-8000-0000000000e2", ["ótimo"], 6),
            theme(ID, ["entrega", "atrasada"], -4.5, true),
            theme(null, [], 1),
          ],
          prompt_hashes: [],
          config_hashes: [],
        }),
      ),
    );
    show(<ThemesPage />);
    const drivers = within(await screen.findByRole("list", { name: "O que puxa o sentimento" }));
    expect(drivers.getAllByRole("listitem").map((each) => each.textContent)).toEqual([
      expect.stringContaining("entrega, atrasada"),
      expect.stringContaining("Sem tema"),
      expect.stringContaining("ótimo"),
    ]);
    expect(drivers.getByRole("link", { name: /entrega/ })).toHaveAttribute(
      "href",
      expect.stringMatching(new RegExp(`^/mensagens\\?de=.+&tema=${ID}$`)),
    );
    expect(screen.getByText("1 tema crescendo")).toBeVisible();
    expect(screen.getByText("Sentimento líquido +2,5 p.p.")).toBeVisible();
    expect(screen.getByText("crescendo")).toBeVisible();
  });
});
