// A message as a list item. Texts are customers' words: only ever set as text, never as markup.

import { emotion, kind, moment, percent, sentiment, tone } from "./format.js";

function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function chip(message) {
  if (message.sentiment === null) return make("span", "chip", message.direction === "in" ? "sem nota" : "resposta");
  const side = message.sentiment > 0.1 ? "good" : message.sentiment < -0.1 ? "bad" : "";
  const word = { good: "positiva", bad: "negativa", "": "neutra" }[side];
  return make("span", `chip ${side}`, `${word} ${sentiment(message.sentiment)}`);
}

export function item(message, zone, isFresh) {
  const line = make("li", isFresh ? "fresh" : "");
  line.dataset.id = message.id;
  const gone = message.deleted ? "mensagem apagada" : kind(message.type);
  line.append(message.text ? make("p", "", message.text) : make("p", "none", gone));
  const facts = make("div", "facts");
  facts.append(chip(message));
  if (message.satisfaction !== null) {
    facts.append(make("span", "", `satisfação ${message.satisfaction}`));
    facts.append(make("span", "", `${emotion(message.emotion)} · ${tone(message.tone)}`));
  }
  if (message.score !== undefined) facts.append(make("span", "", `relevância ${percent(message.score * 100)}`));
  const time = make("time", "", moment(message.sent_at, zone));
  time.dateTime = message.sent_at;
  facts.append(make("span", "grow"), time);
  line.append(facts);
  return line;
}

export function empty(text) {
  return make("li", "empty", text);
}
