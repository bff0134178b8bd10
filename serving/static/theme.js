// Before the first paint, so that a chosen theme never flashes; a file of its own because inline scripts are forbidden.
const chosen = localStorage.getItem("evosense.theme");
if (chosen) document.documentElement.dataset.theme = chosen;
