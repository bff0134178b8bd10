import { describe, expect, it } from "vitest";

import { toCsv } from "./csv";
import { addDays, daysBetween, isDay, startOfDay } from "./days";
import { fold, highlight } from "./fold";
import { decimal, duration, integer, percent, readNumber, sentiment, share, writeNumber } from "./numbers";

describe("numbers", () => {
  it("are written as in Brazil, and unknown ones never as zero", () => {
    expect(integer(12843)).toBe("12.843");
    expect(decimal(52.66)).toBe("52,7");
    expect(percent(87.26)).toBe("87,3%");
    expect(sentiment(0.4)).toBe("+0,40");
    expect([integer(null), percent(undefined), duration(Number.NaN)]).toEqual(["–", "–", "–"]);
  });

  it("never round a coverage up to all", () => {
    expect(share(0.9996)).toBe("99,9%");
    expect(share(1)).toBe("100%");
  });

  it.each([
    [42, "42 s"],
    [126, "2,1 min"],
    [7200, "2 h"],
    [200_000, "2,3 d"],
  ])("%d seconds are %s", (seconds, words) => expect(duration(seconds)).toBe(words));
});

describe("days", () => {
  it("begin at the company's midnight, also where clocks are moved", () => {
    expect(startOfDay("2026-11-20", "America/Sao_Paulo")).toBe("2026-11-20T03:00:00.000Z");
    // In 2018 São Paulo had no midnight on 4 November.
    expect(startOfDay("2018-11-04", "America/Sao_Paulo")).toBe("2018-11-04T03:00:00.000Z");
    expect(startOfDay("2026-07-01", "America/New_York")).toBe("2026-07-01T04:00:00.000Z");
    expect(startOfDay("2026-11-20", "Pacific/Auckland")).toBe("2026-11-19T11:00:00.000Z");
  });

  it("are counted without hours", () => {
    expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
    expect(daysBetween("2026-10-30", "2026-11-02")).toBe(3);
    expect([isDay("2026-02-29"), isDay("2028-02-29"), isDay("x"), isDay("2026-13-01")]).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });
});

describe("highlight", () => {
  const hits = (text: string, query: string) =>
    highlight(text, query)
      .filter((part) => part.isHit)
      .map((part) => part.text);

  it("finds words without accents and by their stem, and keeps the text as it is", () => {
    expect(hits("Minha ENTREGA está atrasada, que atraso!", "entregas atrasado")).toEqual([
      "ENTREGA",
      "atrasada",
      "atraso",
    ]);
    expect(hits("reclamação da devolução", "reclamacao")).toEqual(["reclamação"]);
    expect(
      highlight("é ótimo 😀 não", "nao")
        .map((part) => part.text)
        .join(""),
    ).toBe("é ótimo 😀 não");
  });

  it("marks no excluded word and no operator", () => {
    expect(hits("boleto ou pix", 'boleto or "pix" -ou')).toEqual(["boleto", "pix"]);
    expect(hits("a b c", "")).toEqual([]);
  });

  it("folds without moving anything", () => expect(fold("ÁÉÎõü😀ß").length).toBe("ÁÉÎõü😀ß".length));
});

describe("csv", () => {
  it("opens in a Brazilian spreadsheet and runs no formula", () => {
    expect(
      toCsv([
        ["Dia", "x"],
        ["=1+1", 1.5],
        ['a;"b"', null],
      ]),
    ).toBe('\uFEFFDia;x\r\n\'=1+1;1,5\r\n"a;""b""";\r\n');
  });
});

describe("a number that somebody types", () => {
  it("is read as it is written here, and with a foreign decimal sign", () => {
    const read = ["0,5", "0.5", "1.000", "1.234,5", "-5", "−0,25", ",5", "5,"].map(readNumber);
    expect(read).toEqual([0.5, 0.5, 1000, 1234.5, -5, -0.25, 0.5, 5]);
    expect(["", "abc", "1,2,3", "1.00.0", "1e5", "--1"].map(readNumber)).toEqual(Array(6).fill(null));
    expect([0.02, 1000, -1.5].map(writeNumber)).toEqual(["0,02", "1000", "-1,5"]);
  });
});
