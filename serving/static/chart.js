// Satisfaction as a line, messages of customers as bars, one day a step; the day that is still open is drawn hollow.

import { decimal, integer, shortDay } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 30;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 22;

function draw(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

export class Chart {
  constructor(holder, readout) {
    this.holder = holder;
    this.readout = readout;
    this.days = [];
    new ResizeObserver(() => this.render()).observe(holder);
    holder.addEventListener("pointermove", (event) => this.point(event));
    holder.addEventListener("pointerleave", () => this.tell(this.days.length - 1, false));
  }

  show(days) {
    this.days = days;
    this.render();
  }

  render() {
    const width = this.holder.clientWidth;
    const height = this.holder.clientHeight;
    if (!width || !this.days.length) return;
    this.step = (width - LEFT - RIGHT) / this.days.length;
    this.height = height;
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-hidden", "true");
    this.axes(svg, width);
    this.bars(svg);
    this.line(svg);
    this.guide = draw(svg, "line", { class: "guide", y1: TOP, y2: height - BOTTOM, visibility: "hidden" });
    this.holder.replaceChildren(svg, this.table());
    this.tell(this.days.length - 1, false);
  }

  x(index) {
    return LEFT + this.step * (index + 0.5);
  }

  y(share) {
    return TOP + (1 - share) * (this.height - TOP - BOTTOM);
  }

  axes(svg, width) {
    for (const value of [0, 25, 50, 75, 100]) {
      const y = this.y(value / 100);
      draw(svg, "line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y, y2: y });
      draw(svg, "text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, value);
    }
    const every = Math.ceil(46 / this.step);
    this.days.forEach((day, index) => {
      if ((this.days.length - 1 - index) % every) return;
      draw(svg, "text", { x: this.x(index), y: this.height - 6, "text-anchor": "middle" }, shortDay(day.day));
    });
  }

  bars(svg) {
    const most = Math.max(1, ...this.days.map((day) => day.messages_in));
    const group = draw(svg, "g", { class: "bars" });
    const width = Math.max(2, Math.min(26, this.step * 0.62));
    this.days.forEach((day, index) => {
      if (!day.messages_in) return;
      const y = this.y((day.messages_in / most) * 0.8);
      const box = { x: this.x(index) - width / 2, y, width, height: this.y(0) - y, rx: 2 };
      draw(group, "rect", index === this.days.length - 1 ? { ...box, class: "open" } : box);
    });
  }

  line(svg) {
    let path = "";
    let isPen = false;
    this.days.forEach((day, index) => {
      if (day.avg_satisfaction === null) {
        isPen = false; // a day without scores is a gap, not a zero
        return;
      }
      path += `${isPen ? "L" : "M"}${this.x(index).toFixed(1)} ${this.y(day.avg_satisfaction / 100).toFixed(1)}`;
      isPen = true;
    });
    draw(svg, "path", { class: "path", d: path });
    const dots = draw(svg, "g", { class: "dots" });
    this.days.forEach((day, index) => {
      if (day.avg_satisfaction === null || (this.days.length > 20 && index < this.days.length - 1)) return;
      draw(dots, "circle", { cx: this.x(index), cy: this.y(day.avg_satisfaction / 100), r: 3.4 });
    });
  }

  table() {
    const holder = document.createElement("div");
    holder.className = "sr-only";
    const table = document.createElement("table");
    holder.append(table);
    table.createCaption().textContent = "Satisfação prevista e mensagens por dia";
    for (const day of this.days) {
      const row = table.insertRow();
      for (const cell of [shortDay(day.day), decimal(day.avg_satisfaction), integer(day.messages_in)]) {
        row.insertCell().textContent = cell;
      }
    }
    return holder;
  }

  point(event) {
    const at = Math.floor((event.clientX - this.holder.getBoundingClientRect().left - LEFT) / this.step);
    this.tell(Math.max(0, Math.min(this.days.length - 1, at)), true);
  }

  tell(index, isPointed) {
    const day = this.days[index];
    if (!day) return;
    this.guide.setAttribute("visibility", isPointed ? "visible" : "hidden");
    this.guide.setAttribute("x1", this.x(index));
    this.guide.setAttribute("x2", this.x(index));
    const name = index === this.days.length - 1 ? "hoje" : shortDay(day.day);
    this.readout.textContent =
      `${name}: satisfação ${decimal(day.avg_satisfaction)} · ${integer(day.messages_in)} mensagens de clientes`;
  }
}
