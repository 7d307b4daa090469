// The Socket.IO peer of the jitter question: connection state recovery as its documentation sets
// it up, with the in-memory adapter (one process needs no other). RECOVERY=0 leaves it off.
"use strict";
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const recovery =
  process.env.RECOVERY === "0"
    ? {}
    : { connectionStateRecovery: { maxDisconnectionDuration: 120000, skipMiddlewares: true } };
const http = createServer();
const io = new Server(http, recovery);

io.on("connection", (socket) => {
  socket.on("join", async (topic) => {
    await socket.join(topic);
    socket.emit("joined");
  });
  socket.on("publish", (topic, event) => io.to(topic).emit("order", event));
});

http.listen(Number(process.env.PORT), "127.0.0.1");
