import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http as wire, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";

import { show } from "@/test/screen";
import { server } from "@/test/server";

import { Schedules } from "./schedules";

describe("scheduled reports", () => {
  it("leave an empty form behind, so that the same one is not made twice", async () => {
    server.use(
      wire.get("/api/reports", () => HttpResponse.json([])),
      wire.post("/api/reports", () => HttpResponse.json({}, { status: 201 })),
    );
    show(<Schedules />);
    await userEvent.type(screen.getByLabelText("Nome"), "Semana");
    await userEvent.click(screen.getByRole("button", { name: "Agendar relatório" }));
    await waitFor(() => expect(screen.getByLabelText("Nome")).toHaveValue(""));
  });
});
