import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { Button } from "./button";

describe("a button", () => {
  it("sends a form once for a double click, and again for another click", async () => {
    const sent = vi.fn((event: Event) => event.preventDefault());
    render(
      <form>
        <Button type="submit">Agendar</Button>
      </form>,
    );
    document.querySelector("form")?.addEventListener("submit", sent);
    await userEvent.dblClick(screen.getByRole("button"));
    expect(sent).toHaveBeenCalledOnce();
    await userEvent.keyboard("{Enter}");
    expect(sent).toHaveBeenCalledTimes(2);
  });
});
