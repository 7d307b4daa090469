// Keeps the simulated phones on the page equal to the sandbox, once a second.
"use strict";

const EVERY_MILLISECONDS = 1000;
const phones = document.getElementById("phones");
const totals = document.getElementById("totals");
const empty = document.getElementById("empty");
const filter = document.getElementById("filter");
const template = document.getElementById("phone");
const drawn = new Map(); // device id -> { node, version, items: tag -> li }

const KINDS = { push: "推送 Push", sms: "短信 SMS", call: "来电 Call" };
const CALL_STATES = {
  ringing: "正在响铃 Ringing",
  answered: "已接听 Answered",
  acknowledged: "已确认 Acknowledged",
  ended: "已挂断 Ended",
  missed: "未接来电 Missed",
};

const clockTime = (iso) => new Date(iso).toLocaleTimeString([], { hour12: false });

async function press(callId, what, content) {
  await fetch(`/voice/calls/${callId}/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: content && JSON.stringify(content),
  });
  show(await (await fetch("/screens")).json());
}

function button(text, onPress) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", onPress);
  return made;
}

function keys({ call_id: callId, state }) {
  const row = document.createElement("div");
  row.className = "keys";
  const hangUp = button("挂断 Hang up", () => press(callId, "hang-up"));
  if (state === "ringing") row.append(button("接听 Answer", () => press(callId, "answer")), hangUp);
  if (state === "answered") {
    row.append(button("按 1 确认 Press 1", () => press(callId, "press", { digit: "1" })), hangUp);
  }
  return row;
}

function item({ kind, shownAt, title, body, call }) {
  const li = document.createElement("li");
  li.className = call?.state === "ringing" ? `${kind} ringing` : kind;
  const head = document.createElement("span");
  head.className = "kind";
  const name = document.createElement("span");
  name.textContent = KINDS[kind];
  const time = document.createElement("time");
  time.textContent = clockTime(shownAt);
  head.append(name, time);
  const text = document.createElement("p");
  text.textContent = body;
  li.append(head);
  if (title) {
    const strong = document.createElement("strong");
    strong.textContent = title;
    li.append(strong);
  }
  li.append(text);
  if (call) li.append(keys(call));
  return li;
}

function contents(phone) {
  const cards = phone.cards.map((card) => ({
    key: `push ${card.tag} ${JSON.stringify(card.message)}`,
    kind: "push",
    shownAt: card.shown_at,
    title: card.message.title ?? "",
    body: card.message.body ?? "",
  }));
  const texts = phone.sms.map((sms) => ({
    key: `sms ${sms.shown_at} ${sms.text}`,
    kind: "sms",
    shownAt: sms.shown_at,
    title: "",
    body: sms.text,
  }));
  const calls = phone.calls.map((call) => ({
    key: `call ${call.call_id} ${call.state}`,
    kind: "call",
    shownAt: call.shown_at,
    title: CALL_STATES[call.state],
    body: call.text,
    call,
  }));
  return [...cards, ...texts, ...calls].sort((a, b) => (a.shownAt < b.shownAt ? 1 : -1));
}

function draw(phone) {
  const version = JSON.stringify(phone);
  let held = drawn.get(phone.device_id);
  if (held?.version === version) return held.node;
  if (!held) {
    held = { node: template.content.firstElementChild.cloneNode(true), items: new Map() };
    drawn.set(phone.device_id, held);
  }
  held.version = version;
  const { node } = held;
  const wanted = contents(phone);
  node.classList.toggle("offline", !phone.is_online);
  node.querySelector("h2").textContent = phone.label;
  node.querySelector(".owner").textContent = [phone.person, phone.phone].filter(Boolean).join(" · ");
  node.querySelector(".bar time").textContent = wanted.length ? clockTime(wanted[0].shownAt) : "";
  node.querySelector(".state").textContent = phone.is_online
    ? "5G"
    : `离线 Offline · ${phone.waiting_count}`;
  node.querySelector("footer").textContent =
    `原始 raw ${phone.raw_count} · 可见 visible ${phone.visible_count} · 短信 SMS ${phone.sms.length} · 来电 calls ${phone.calls.length}`;
  const items = new Map(
    wanted.map((w) => [w.key, held.items.get(w.key) ?? item(w)]),
  );
  held.items = items;
  node.querySelector(".shown").replaceChildren(...items.values());
  return node;
}

function show({ phones: all, request_count: requestCount }) {
  const words = filter.value.trim().toLowerCase();
  const wanted = all.filter((p) => `${p.label} ${p.person} ${p.phone}`.toLowerCase().includes(words));
  const nodes = wanted.map(draw);
  const same = nodes.length === phones.children.length && nodes.every((n, i) => n === phones.children[i]);
  if (!same) phones.replaceChildren(...nodes);
  for (const id of drawn.keys()) if (!all.some((p) => p.device_id === id)) drawn.delete(id);
  empty.hidden = all.length > 0;
  totals.textContent = `${all.length} 部手机 phones · ${requestCount} 次请求 requests`;
}

async function refresh() {
  try {
    const answer = await fetch("/screens", { signal: AbortSignal.timeout(5000) });
    show(await answer.json());
  } catch {
    totals.textContent = "连接中断，重试中 · Disconnected, retrying";
  } finally {
    setTimeout(refresh, EVERY_MILLISECONDS);
  }
}

refresh();
