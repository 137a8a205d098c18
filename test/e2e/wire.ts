// Stands between a page and the engine, so that what depends on the order of answers is tested without luck.
import type { Page, WebSocketRoute } from 'playwright-core';
import { expect } from 'vitest';
import { toErrorValue } from '../../src/contract/errors.ts';
import { LIMITS } from '../../src/contract/limits.ts';
import { decodeFrame, encodeFrame } from '../../src/rpc/frame.ts';

/** Gets an answer before the page does and says what the page gets; a promise holds it back, and what it throws is told. */
// biome-ignore lint/suspicious/noExplicitAny: answers of any procedure.
type Change = (value: any, input: any) => unknown;

export interface Wire {
  /** Every answer to a procedure goes through `change` from now on; null: they come as they are again. */
  answers(path: string, change: Change | null): void;
  /** The answers to a procedure are late from now on, until the function that this gives is called. */
  late(path: string): () => void;
  /** How often the page has asked for a procedure. */
  asked(path: string): number;
  /** Does the work, and waits until the page has asked for the procedure again. */
  asks(path: string, work: () => Promise<unknown>): Promise<void>;
  /** Nothing that the engine says reaches the page from now on. */
  hold(): void;
  /** Everything that was held reaches it, in its order. */
  release(): void;
  /** Ends the connection; the engine lives on. */
  cut(): Promise<void>;
}

/** Loads the page again, now with its connection through here. */
export async function openWire(page: Page): Promise<Wire> {
  const changes = new Map<string, Change>();
  const counts = new Map<string, number>();
  let ends: WebSocketRoute[] = [];
  /** What is held; null: nothing is. */
  let held: (() => void)[] | null = null;
  await page.routeWebSocket('**/rpc', (socket) => {
    const server = socket.connectToServer();
    ends = [socket, server];
    const send = (message: string | Buffer) => {
      // An answer of a connection that was cut has nowhere to go.
      const pass = () => void (ends[0] === socket && socket.send(message));
      if (held === null) pass();
      else held.push(pass);
    };
    const calls = new Map<unknown, { path: string; input: unknown }>();
    socket.onMessage((message) => {
      const { t, id, p, i } = decodeFrame(message as Buffer, LIMITS.requestFrame).header;
      if (t === 'call') {
        calls.set(id, { path: p as string, input: i });
        counts.set(p as string, (counts.get(p as string) ?? 0) + 1);
      }
      server.send(message);
    });
    server.onMessage(async (message) => {
      const { header, tail } = decodeFrame(message as Buffer, LIMITS.responseFrame);
      const call = calls.get(header.id);
      const change = call && 'v' in header ? changes.get(call.path) : undefined;
      if (change === undefined) return send(message);
      const reply = await Promise.try(change, header.v, call!.input).then(
        (v) => ({ ...header, v }),
        (error) => ({ t: 'error', id: header.id, e: toErrorValue(error, 'wire') }),
      );
      send(Buffer.from(encodeFrame(reply, tail)));
    });
  });
  await page.reload();
  return {
    answers(path, change) {
      if (change === null) changes.delete(path);
      else changes.set(path, change);
    },
    late(path) {
      const held = Promise.withResolvers<void>();
      changes.set(path, (answer) => held.promise.then(() => answer));
      return () => {
        changes.delete(path);
        held.resolve();
      };
    },
    asked: (path) => counts.get(path) ?? 0,
    async asks(path, work) {
      const before = counts.get(path) ?? 0;
      await work();
      await expect.poll(() => counts.get(path) ?? 0, { timeout: 60_000 }).toBeGreaterThan(before);
    },
    hold() {
      held ??= [];
    },
    release() {
      const messages = held ?? [];
      held = null;
      for (const pass of messages) pass();
    },
    async cut() {
      const [socket, server] = ends;
      ends = [];
      await Promise.all([socket!.close(), server!.close()]);
    },
  };
}
