const health = document.getElementById("health");
const answer = await fetch("/v1/status");
if (answer.ok) {
  const status = await answer.json();
  health.textContent = `Gateway ${status.gateway}: ${status.health.level}`;
}
