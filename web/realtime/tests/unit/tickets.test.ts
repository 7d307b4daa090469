// Where tickets come from, and when none is to be had for good.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Connection } from "../../src/connection.ts";
import { NoTicket } from "../../src/errors.ts";
import { httpTicket } from "../../src/tickets.ts";
import { Machine, paperWay, settled } from "./machine.ts";

// A server that answers every question for a ticket in one way, and notes them.
function office(status: number, body: unknown = {}) {
  const asked: RequestInit[] = [];
  const ask = async (_url: unknown, request?: RequestInit) => {
    asked.push(request ?? {});
    return new Response(JSON.stringify(body), { status });
  };
  return { asked, source: httpTicket({ base: "", share: "link", fetch: ask as typeof fetch }) };
}

describe("the ticket of a share link", () => {
  test("is asked for with the link and nothing else", async () => {
    const { asked, source } = office(200, { ticket: "t" });
    assert.equal(await source(), "t");
    assert.equal(asked[0]!.body, '{"share":"link"}');
    assert.deepEqual(asked[0]!.headers, { "Content-Type": "application/json" });
  });

  for (const status of [401, 404, 410]) {
    test(`is not to be had for good: ${status}`, async () => {
      await assert.rejects(office(status).source(), NoTicket);
    });
  }

  test("may come later when the server is only busy", async () => {
    await assert.rejects(office(503).source(), (error) => !(error instanceof NoTicket));
  });

  test("ends the connection once the link has expired: nobody asks again", async () => {
    const { asked, source } = office(410);
    const machine = new Machine();
    const ends: number[] = [];
    const ignore = () => {};
    new Connection(
      { socket: paperWay().open, ticket: source, env: machine, signals: { watch: () => ignore, isOffline: () => false } },
      { wanted: () => [], onWelcome: ignore, onFrame: ignore, onLost: ignore, onEnded: (code) => ends.push(code) },
    );
    await settled();
    await machine.pass(600_000);
    assert.deepEqual(ends, [4500]);
    assert.equal(asked.length, 1);
  });
});
