// The `ws` peer: one Redis channel per topic, every socket of a topic gets the same buffer.
"use strict";
const { WebSocketServer } = require("ws");
const Redis = require("ioredis");

const topics = new Map();
const bus = new Redis(process.env.REDIS_URL);
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.env.PORT),
  perMessageDeflate: false,
});

bus.on("messageBuffer", (channel, message) => {
  const members = topics.get(channel.toString());
  if (!members) return;
  for (const socket of members) socket.send(message, { binary: false });
});

server.on("connection", async (socket, request) => {
  const topic = new URL(request.url, "http://localhost").searchParams.get("topic");
  if (!topics.has(topic)) topics.set(topic, new Set());
  topics.get(topic).add(socket);
  socket.on("close", () => topics.get(topic).delete(socket));
  await bus.subscribe(topic);
  socket.send("joined");
});
