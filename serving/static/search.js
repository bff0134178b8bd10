// The search box: by words (newest first, with older pages) or by likeness (best first).

import { call, post } from "./api.js";
import { empty, item } from "./messages.js";

const $ = (id) => document.getElementById(id);

export class Search {
  constructor(zone) {
    this.zone = zone;
    this.mode = "words";
    this.turn = 0;
    $("search").onsubmit = (event) => {
      event.preventDefault();
      this.run();
    };
    $("more").onclick = () => this.older();
    for (const button of document.querySelectorAll("[data-search]")) {
      button.onclick = () => this.choose(button.dataset.search);
    }
  }

  choose(mode) {
    this.mode = mode;
    for (const button of document.querySelectorAll("[data-search]")) {
      button.setAttribute("aria-pressed", String(button.dataset.search === mode));
    }
    this.run();
  }

  async run() {
    this.words = $("query").value.trim();
    if (!this.words) return;
    const turn = ++this.turn; // an answer that comes after a newer question is dropped
    $("search-note").textContent = "Procurando…";
    try {
      const found = this.mode === "words" ? await this.page(null) : await this.similar();
      if (turn === this.turn) this.show(found, true);
    } catch (problem) {
      if (turn === this.turn) $("search-note").textContent = `A busca falhou: ${problem.message}`;
    }
  }

  async older() {
    this.show(await this.page(this.next), false);
  }

  async page(page) {
    const query = new URLSearchParams({ q: this.words, limit: "10" });
    if (page) query.set("page", page);
    const { items, next_page: next } = await call(`/api/messages?${query}`);
    return { items, next, note: items.length ? "Mais recentes primeiro." : "" };
  }

  async similar() {
    const { results, embedder } = await post("/api/messages/semantic-search", { query: this.words, limit: 10 });
    const how = embedder.provider === "embedded" ? "semelhança de palavras e grafia, sem LLM" : embedder.model;
    return { items: results, next: null, note: results.length ? `Mais parecidas primeiro (${how}).` : "" };
  }

  show({ items, next, note }, isNew) {
    const lines = items.map((message) => item(message, this.zone, false));
    if (isNew) $("results").replaceChildren(...(lines.length ? lines : [empty("Nada encontrado.")]));
    else $("results").append(...lines);
    $("search-note").textContent = note;
    this.next = next;
    $("more").hidden = !next;
  }
}
