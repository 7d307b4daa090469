// Shows what the simulated till was sent, and whether each message was signed by the hub.

const POLL_MS = 1_000;
const secrets = [];

function line({ at, id, type, subject, is_verified, is_repeat, status }) {
  const item = document.createElement("li");
  const verdict = is_verified ? "✓ 已验证 · verified" : "✗ 签名错误 · forged";
  item.textContent = [at, type, subject, verdict, status, is_repeat ? "重复 · repeat" : "", id].filter(Boolean).join(" · ");
  item.dataset.verified = is_verified;
  return item;
}

async function refresh() {
  const { messages, secret_count } = await (await fetch("/program/messages")).json();
  document.getElementById("messages").replaceChildren(...messages.map(line));
  document.getElementById("count").textContent = secret_count;
}

document.getElementById("address").textContent = `${location.origin}/program/hooks`;
document.getElementById("secrets").addEventListener("submit", async (event) => {
  event.preventDefault();
  secrets.push(new FormData(event.target).get("secret").trim());
  await fetch("/program/knobs", { method: "PUT", body: JSON.stringify({ secrets }) });
  event.target.reset();
  await refresh();
});
setInterval(() => refresh().catch(() => null), POLL_MS);
refresh().catch(() => null);
