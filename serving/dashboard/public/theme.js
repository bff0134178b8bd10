// Runs before the first paint, so that a dark page never flashes white. A file of its own: inline scripts are
// forbidden by the content policy. The other half is src/lib/theme/theme.ts.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("evosense.theme");
  } catch {
    // Storage is switched off: the system's choice counts.
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
