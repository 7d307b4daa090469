// Orders faults and turns the knobs of receipts; what there is to turn, the sandbox says.

const EVERY_MILLISECONDS = 1000;
const order = document.getElementById("order");
const said = document.getElementById("said");
let legend = {};

const LABELS = {
  receipt_url: "短信回执地址 · URL for texts",
  aliyun_receipt_url: "阿里云回执地址 · URL, Aliyun",
  tencent_receipt_url: "腾讯云回执地址 · URL, Tencent",
  call_receipt_url: "电话回执地址 · URL for calls",
  ring_seconds: "响铃秒数 · Rings for, s",
  receipt_delay_seconds: "延迟秒数 · Late by, s",
  receipt_status: "结果 · delivered / failed",
  receipt_count: "次数 · Told how often (0: never)",
  receipt_reversed: "乱序 · Out of order",
  forged_signature: "伪造 · Forged",
  callback_count: "次数 · Told how often (0: never)",
  late_seconds: "延迟秒数 · Late by, s",
  wrong_amount: "金额错误 · Wrong amount",
};

async function ask(method, path, content) {
  const body = content && JSON.stringify(content);
  const answer = await fetch(path, { method, body, headers: { "Content-Type": "application/json" } });
  said.textContent = answer.ok ? "" : `${path}: ${answer.status}`;
  return answer.status === 204 || !answer.ok ? null : answer.json();
}

function element(tag, text, attributes = {}) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(text);
  return made;
}

async function show() {
  const { channels, modes, ordered } = await ask("GET", "/faults");
  if (!order.channel.length) {
    legend = modes;
    order.channel.append(...channels.map((each) => element("option", each, { value: each })));
    order.mode.append(...Object.keys(modes).map((each) => element("option", each, { value: each })));
    document.getElementById("legend").append(...Object.entries(modes).flatMap(([mode, text]) => [element("dt", mode), element("dd", text)]));
    explain();
  }
  const lines = ordered.map((each) => element("li", `${each.channel}: ${each.mode} × ${each.count}`));
  document.getElementById("ordered").replaceChildren(...lines);
}

function explain() {
  document.getElementById("meaning").textContent = legend[order.mode.value] ?? "";
}

function wish() {
  const seconds = Number(order.seconds.value);
  const wanted = { channel: order.channel.value, mode: order.mode.value, count: Number(order.count.value), delay_seconds: seconds };
  if (order.retry.value === "seconds") wanted.retry_after = String(Math.round(seconds));
  if (order.retry.value === "date") wanted.retry_at_seconds = seconds;
  return wanted;
}

// A form for whatever knobs there are: a box for yes and no, a number, or text that may be empty.
async function knobs(name) {
  const path = `/${name}/knobs`;
  const form = document.getElementById(name);
  const values = await ask("GET", path);
  const inputs = Object.entries(values).map(([knob, value]) => {
    const type = { boolean: "checkbox", number: "number" }[typeof value] ?? "text";
    const input = Object.assign(document.createElement("input"), { name: knob, type, step: "any" });
    if (type === "checkbox") input.checked = value;
    else input.value = value ?? "";
    return [knob, input];
  });
  form.replaceChildren(...inputs.map(([knob, input]) => element("label", input, { title: knob })), element("button", "设置 · Set"));
  for (const [knob, input] of inputs) input.before(`${LABELS[knob] ?? knob} `);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const wished = inputs.map(([knob, input]) => [knob, { checkbox: input.checked, number: Number(input.value) }[input.type] ?? (input.value || null)]);
    if (await ask("PUT", path, Object.fromEntries(wished))) await knobs(name);
  };
}

order.mode.addEventListener("change", explain);
order.addEventListener("submit", async (event) => {
  event.preventDefault();
  await ask("POST", "/faults", wish());
  await show();
});
document.getElementById("clear").addEventListener("click", async () => {
  await ask("DELETE", "/faults");
  await show();
});

await show();
await Promise.all(["sms", "payments"].map(knobs));
setInterval(() => show().catch(() => null), EVERY_MILLISECONDS);
