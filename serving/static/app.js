// The page: log in, show the numbers, let them move.

import { call, forget, login, logout, mayBeLoggedIn, refresh } from "./api.js";
import { Cards } from "./cards.js";
import { Chart } from "./chart.js";
import { daysBefore, model, today } from "./format.js";
import { Live } from "./live.js";
import { empty, item } from "./messages.js";
import { Search } from "./search.js";

const $ = (id) => document.getElementById(id);
const FEED_LENGTH = 12;
const STATES = { live: "ao vivo", connecting: "conectando…", lost: "reconectando…" };

// Calls `work` soon after the last nudge, but not more often than every `rest` ms, and never twice at once.
function paced(work, rest) {
  let timer = null;
  let isBusy = false;
  let isDue = false;
  const run = async () => {
    timer = null;
    isBusy = true;
    isDue = false;
    await work();
    isBusy = false;
    if (isDue) timer = setTimeout(run, rest);
  };
  return () => {
    isDue = true;
    if (!isBusy && timer === null) timer = setTimeout(run, rest);
  };
}

class Dashboard {
  constructor(me) {
    this.tenant = me.tenant;
    this.zone = me.tenant.timezone;
    this.length = 14;
    this.known = new Set();
    this.heard = 0;
    $("company").textContent = me.tenant.name;
    $("person").textContent = me.name;
    $("cards").replaceChildren();
    this.cards = new Cards($("cards"));
    this.chart = new Chart($("chart"), $("readout"));
    this.search = new Search(this.zone);
    this.numbersSoon = paced(() => this.numbers(), 2000);
    this.feedSoon = paced(() => this.feed(), 600);
    for (const button of document.querySelectorAll("[data-days]")) {
      button.onclick = () => this.choose(Number(button.dataset.days));
    }
    this.live = new Live({
      onEvent: (frame) => this.hear(frame),
      onResync: () => this.everything(),
      onState: (state) => this.state(state),
      onDenied: () => leave(),
    });
  }

  start() {
    this.live.start();
    this.everything();
  }

  everything() {
    this.numbersSoon();
    this.feedSoon();
  }

  choose(length) {
    this.length = length;
    for (const button of document.querySelectorAll("[data-days]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.days) === length));
    }
    this.numbers();
  }

  state(state) {
    $("state").dataset.state = state;
    $("state").querySelector("b").textContent = STATES[state];
  }

  hear(frame) {
    if (frame.type === "message_analyzed") {
      this.heard += 1;
      $("heard").textContent = `${this.heard} avaliadas desde que você entrou`;
      this.feedSoon();
    }
    this.numbersSoon();
  }

  async numbers() {
    const to = today(this.zone);
    const period = `from=${daysBefore(to, this.length - 1)}&to=${to}`;
    const base = `/api/tenants/${this.tenant.id}`;
    await this.attempt(async () => {
      const [metrics, series] = await Promise.all([call(`${base}/metrics?${period}`), call(`${base}/kpis?${period}`)]);
      this.cards.show(metrics);
      this.chart.show(series.days);
      const names = [...new Set(metrics.scored_by.map(model))];
      $("model").textContent = names.length ? `avaliado por: ${names.join(", ")}` : "";
      $("model").title = metrics.scored_by.map((each) => each.model).join(", ");
    });
  }

  async feed() {
    await this.attempt(async () => {
      const { items } = await call(`/api/messages?limit=${FEED_LENGTH}&direction=in`);
      const isFirst = this.known.size === 0;
      const lines = items.map((message) => {
        const mark = `${message.id} ${message.sentiment}`;
        const isFresh = !isFirst && message.sentiment !== null && !this.known.has(mark);
        this.known.add(mark);
        return item(message, this.zone, isFresh);
      });
      $("feed").replaceChildren(...(lines.length ? lines : [empty("Ainda não chegou nenhuma mensagem.")]));
    });
  }

  async attempt(work) {
    try {
      await work();
      $("problem").hidden = true;
    } catch (problem) {
      if (problem.status === 401) return leave();
      $("problem").textContent = `Não foi possível atualizar: ${problem.message}`;
      $("problem").hidden = false;
      setTimeout(() => this.everything(), 5000);
    }
  }
}

let dashboard = null;

async function enter() {
  const me = await call("/api/me");
  $("login").hidden = true;
  $("app").hidden = false;
  dashboard = new Dashboard(me);
  dashboard.start();
}

function leave() {
  // A fresh page forgets everything that belonged to the person.
  dashboard?.live.stop();
  forget();
  location.reload();
}

function askToLogIn() {
  $("login").hidden = false;
  $("email").focus();
}

const REFUSALS = { 0: "Sem conexão com o servidor.", 401: "E-mail ou senha incorretos.", 429: "Muitas tentativas. Aguarde alguns minutos." };

$("login-form").onsubmit = async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  $("login-error").hidden = true;
  try {
    await login($("email").value, $("password").value);
    $("password").value = "";
    await enter();
  } catch (problem) {
    $("login-error").textContent = REFUSALS[problem.status] ?? "Preencha e-mail e senha e tente de novo.";
    $("login-error").hidden = false;
  } finally {
    button.disabled = false;
  }
};

$("logout").onclick = async () => {
  dashboard?.live.stop();
  await logout();
  location.reload();
};

$("theme").onclick = () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("evosense.theme", root.dataset.theme);
};

if (mayBeLoggedIn()) refresh().then(enter).catch(askToLogIn);
else askToLogIn();
