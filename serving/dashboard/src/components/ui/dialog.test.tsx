import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { Dialog } from "./dialog";

function open() {
  const onClose = vi.fn();
  render(
    <Dialog isOpen onClose={onClose} title="Nova versão">
      <textarea aria-label="Texto" />
    </Dialog>,
  );
  return { onClose, dialog: screen.getByRole("dialog"), words: screen.getByLabelText("Texto") };
}

it("closes on a click beside it", async () => {
  const { onClose, dialog } = open();
  await userEvent.click(dialog);
  expect(onClose).toHaveBeenCalledOnce();
});

it("stays when words are marked and the pointer is let go beside it", () => {
  const { onClose, dialog, words } = open();
  fireEvent.pointerDown(words);
  fireEvent.pointerUp(dialog);
  // Browsers click what is above both.
  fireEvent.click(dialog);
  expect(onClose).not.toHaveBeenCalled();
});

it("keeps what was written when somebody clicks beside it", async () => {
  const { onClose, dialog, words } = open();
  await userEvent.type(words, "muito trabalho");
  await userEvent.click(dialog);
  expect(onClose).not.toHaveBeenCalled();
  expect(words).toHaveValue("muito trabalho");
});

it.each(["Escape", "the cross", "a click beside it"])(
  "asks before what was written goes by %s",
  async (way) => {
    const { onClose, dialog, words } = open();
    const leave = async () => {
      if (way === "Escape") await userEvent.keyboard("{Escape}");
      else if (way === "the cross") await userEvent.click(screen.getByRole("button", { name: "Fechar" }));
      else await userEvent.click(dialog);
    };
    await userEvent.type(words, "muito trabalho");
    await leave();
    expect(onClose).not.toHaveBeenCalled();
    expect(screen.getByRole("alert")).toHaveTextContent("Descartar o que foi escrito?");
    await userEvent.click(screen.getByRole("button", { name: "Continuar escrevendo" }));
    expect(screen.queryByRole("alert")).toBeNull();
    expect(words).toHaveValue("muito trabalho");
    if (way === "Escape") expect(words).toHaveFocus();
    await leave();
    await userEvent.click(screen.getByRole("button", { name: "Descartar" }));
    expect(onClose).toHaveBeenCalledOnce();
  },
);

it("closes at once by Escape while nothing was written", async () => {
  const { onClose, words } = open();
  await userEvent.click(words);
  await userEvent.keyboard("{Escape}");
  expect(onClose).toHaveBeenCalledOnce();
});
