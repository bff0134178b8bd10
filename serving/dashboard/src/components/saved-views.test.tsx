import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http as wire, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";

import type { PageViews } from "@/lib/session/views";
import { text } from "@/lib/text";
import { show } from "@/test/screen";
import { server } from "@/test/server";

import { SavedViews } from "./saved-views";

const { conversations: words } = text;
const ALL = { name: words.viewAll, address: "" };
const ANGRY = { name: "Zangados", address: "humor=negative" };

/** A server that keeps what it is given, beginning with `kept`. */
function keeping(kept: PageViews["views"]) {
  const put = vi.fn<(given: PageViews) => void>();
  server.use(
    wire.get("*/api/me/views", () =>
      HttpResponse.json([
        { page: "messages", views: [{ name: "De outra lista", address: "x=y" }] },
        { page: "conversations", views: kept },
      ]),
    ),
    wire.put("*/api/me/views", async ({ request }) => {
      const given = (await request.json()) as PageViews;
      put(given);
      return HttpResponse.json(given);
    }),
  );
  return put;
}

const views = (current: string) => (
  <SavedViews page="conversations" ready={[ALL]} current={current} onChoose={() => undefined} />
);

describe("saved views", () => {
  it("come from the server, those of the page only, and go back there under the name that is given", async () => {
    const put = keeping([ANGRY]);
    show(views("quem=in"));
    expect(await screen.findByRole("button", { name: ANGRY.name })).toBeInTheDocument();
    expect(screen.queryByText("De outra lista")).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: words.save }));
    await userEvent.type(screen.getByLabelText(words.saveName), "Novas{Enter}");
    expect(await screen.findByRole("button", { name: "Novas" })).toHaveAttribute("aria-pressed", "true");
    const novas = { name: "Novas", address: "quem=in" };
    expect(put).toHaveBeenCalledExactlyOnceWith({ page: "conversations", views: [ANGRY, novas] });
  });

  it("stay in their dialog, with what was written and why, until the server kept them", async () => {
    keeping([ANGRY]);
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const problem = { type: "", title: "", status: 429, detail: "", code: "rate_limited", request_id: "r" };
    server.use(
      wire.put("*/api/me/views", async () => {
        await answered;
        return HttpResponse.json(problem, { status: 429 });
      }),
    );
    show(views("quem=in"));
    await userEvent.click(await screen.findByRole("button", { name: words.save }));
    await userEvent.type(screen.getByLabelText(words.saveName), "Novas{Enter}");
    const dialog = screen.getByRole("dialog");
    await waitFor(() =>
      expect(within(dialog).getByRole("button", { name: text.common.save })).toBeDisabled(),
    );
    answer();
    expect(await within(dialog).findByRole("alert")).toHaveTextContent(/Muitos pedidos/);
    expect(screen.getByLabelText(words.saveName)).toHaveValue("Novas");
    keeping([ANGRY]);
    await userEvent.click(within(dialog).getByRole("button", { name: text.common.save }));
    expect(await screen.findByRole("button", { name: "Novas" })).toBeInTheDocument();
    expect(screen.queryByLabelText(words.saveName)).toBeNull();
  });

  it("are forgotten there, too", async () => {
    const put = keeping([ANGRY]);
    show(views(""));
    await userEvent.click(await screen.findByRole("button", { name: words.forget(ANGRY.name) }));
    await waitFor(() => expect(screen.queryByText(ANGRY.name)).not.toBeInTheDocument());
    expect(put).toHaveBeenCalledExactlyOnceWith({ page: "conversations", views: [] });
  });

  it("can't be saved while the server does not answer", async () => {
    server.use(wire.get("*/api/me/views", () => HttpResponse.json({}, { status: 503 })));
    show(views("quem=in"));
    expect(await screen.findByRole("button", { name: words.viewAll })).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: words.save })).not.toBeInTheDocument();
  });
});
