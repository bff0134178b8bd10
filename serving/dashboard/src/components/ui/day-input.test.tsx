import { fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { expect, it, vi } from "vitest";

import { DayInput } from "./day-input";

const told = vi.fn();

function Filter() {
  const [day, setDay] = useState<string | null>(null);
  return (
    <DayInput
      aria-label="De"
      value={day}
      onDay={(next) => {
        told(next);
        setDay(next);
      }}
    />
  );
}

it("waits for the whole year, and tells when it was emptied", () => {
  render(<Filter />);
  const input = screen.getByLabelText("De");
  // What browsers make of 2, 0, 2, 6 in the field of the year.
  for (const value of ["0002-11-25", "0020-11-25", "0202-11-25", "2026-11-25"]) {
    fireEvent.change(input, { target: { value } });
  }
  expect(told.mock.calls).toEqual([["2026-11-25"]]);
  fireEvent.change(input, { target: { value: "" } });
  expect(told).toHaveBeenLastCalledWith(null);
});

it("shows again what counts when it is left half typed", () => {
  render(<Filter />);
  const input = screen.getByLabelText("De");
  fireEvent.change(input, { target: { value: "2026-11-25" } });
  fireEvent.change(input, { target: { value: "0002-11-25" } });
  fireEvent.blur(input);
  expect(input).toHaveValue("2026-11-25");
});
