import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";

import { show } from "@/test/screen";

import { BackButton } from "./back-button";

afterEach(() => window.history.replaceState(null, ""));

it("leads into the application where nothing was before", async () => {
  const { router } = show(<BackButton otherwise="/conversas" />, { path: "/explicar" });
  await userEvent.click(screen.getByRole("button", { name: "Voltar" }));
  expect(router.state.location.pathname).toBe("/conversas");
});

it("leads back to where somebody came from", async () => {
  const { router } = show(<BackButton otherwise="/conversas" />, { path: "/explicar", at: "/retencao" });
  await router.navigate("/explicar");
  window.history.replaceState({ idx: 1 }, "");
  await userEvent.click(await screen.findByRole("button", { name: "Voltar" }));
  expect(router.state.location.pathname).toBe("/retencao");
});
