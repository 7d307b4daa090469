// The Socket.IO peer: a room per topic and the Redis adapter, as its documentation sets it up.
"use strict";
const { createServer } = require("node:http");
const { Server } = require("socket.io");
const { createAdapter } = require("@socket.io/redis-adapter");
const Redis = require("ioredis");

const publisher = new Redis(process.env.REDIS_URL);
const http = createServer();
const io = new Server(http, { adapter: createAdapter(publisher, publisher.duplicate()) });

io.on("connection", (socket) => {
  socket.on("join", async (topic) => {
    await socket.join(topic);
    socket.emit("joined");
  });
});

http.listen(Number(process.env.PORT), "127.0.0.1");
