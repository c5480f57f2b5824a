// Runs before the first paint, so that a page in dark mode does not flash in white.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // No storage: the system's preference applies.
}
