// The six numbers on top.

import { decimal, duration, integer, percent, sentiment } from "./format.js";

const CARDS = [
  {
    key: "satisfaction", title: "Satisfação prevista", show: (m) => decimal(m.avg_satisfaction), unit: "/ 100",
    meter: (m) => m.avg_satisfaction, hint: () => "estimada pelo modelo, não é pesquisa",
  },
  {
    key: "sentiment", title: "Sentimento (−1 a +1)", show: (m) => sentiment(m.avg_sentiment),
    meter: (m) => m.avg_sentiment === null ? null : (m.avg_sentiment + 1) * 50,
    hint: (m) => `${integer(m.scored)} mensagens avaliadas`,
  },
  {
    key: "positive", title: "Mensagens positivas", show: (m) => percent(m.positive_pct), meter: (m) => m.positive_pct,
    hint: (m) => `${percent(m.negative_pct)} negativas`,
  },
  {
    key: "today", title: "Mensagens hoje", show: (m) => integer(m.messages_today),
    hint: (m) => `${integer(m.total_messages)} no período`,
  },
  {
    key: "response", title: "1ª resposta (mediana)", show: (m) => duration(m.first_response_seconds),
    hint: (m) => `${percent(m.unanswered_pct)} das conversas sem resposta`,
  },
  {
    key: "coverage", title: "Cobertura", show: (m) => percent(m.coverage === null ? null : m.coverage * 100),
    meter: (m) => m.coverage === null ? null : m.coverage * 100,
    hint: (m) => `${integer(m.scored)} de ${integer(m.eligible)} mensagens`,
  },
];

function make(parent, name, className) {
  const element = document.createElement(name);
  element.className = className;
  parent.append(element);
  return element;
}

export class Cards {
  constructor(holder) {
    this.parts = CARDS.map((card) => {
      const box = make(holder, "article", "card kpi");
      box.dataset.kpi = card.key;
      make(box, "h3", "").textContent = card.title;
      const line = make(box, "div", "value");
      const value = make(line, "span", "");
      value.textContent = "…";
      if (card.unit) make(line, "small", "").textContent = ` ${card.unit}`;
      const meter = card.meter && make(make(box, "div", "meter"), "span", "");
      return { card, value, meter, hint: make(box, "div", "hint") };
    });
  }

  show(metrics) {
    for (const { card, value, meter, hint } of this.parts) {
      const text = card.show(metrics);
      if (value.textContent !== text) {
        const isFirst = value.textContent === "…";
        value.textContent = text;
        value.classList.remove("moved");
        if (!isFirst) requestAnimationFrame(() => value.classList.add("moved"));
      }
      if (meter) meter.style.width = `${Math.max(0, Math.min(100, card.meter(metrics) ?? 0))}%`;
      hint.textContent = card.hint(metrics);
    }
  }
}
