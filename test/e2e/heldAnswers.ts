// Answers of the engine that come as late as a test wants them: what a person does before an answer is there.
import type { Page } from 'playwright-core';

export interface HeldAnswers {
  /** Nothing that the engine says reaches the page from now on. */
  hold(): void;
  /** Everything that was held reaches it, in its order. */
  release(): void;
}

/** Loads the page once more, with its connection in the hands of the test. */
export async function holdAnswers(page: Page): Promise<HeldAnswers> {
  /** What is held; null: nothing is. */
  let held: (() => void)[] | null = null;
  await page.routeWebSocket('**/rpc', (socket) => {
    const engine = socket.connectToServer();
    engine.onMessage((message) => {
      if (held === null) socket.send(message);
      else held.push(() => socket.send(message));
    });
  });
  await page.reload();
  return {
    hold() {
      held ??= [];
    },
    release() {
      const messages = held ?? [];
      held = null;
      for (const send of messages) send();
    },
  };
}
