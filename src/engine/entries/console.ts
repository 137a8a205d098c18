/** Process entry: answers console queries one after the other until it is killed or its parent is gone. */
import { HindcastError } from '../../contract/errors.ts';
import { parentLink } from '../console/parentLink.ts';
import type { FromConsole, ToConsole } from '../console/protocol.ts';
import { runQuery } from '../console/run.ts';

function answer({ id, query }: ToConsole): FromConsole {
  try {
    return { id, answer: runQuery(query) };
  } catch (error) {
    if (error instanceof HindcastError) return { id, code: error.code, details: error.details };
    return {
      id,
      code: 'internal',
      details: { problem: error instanceof Error ? error.message : String(error) },
    };
  }
}

const link = parentLink();
link.onMessage((message) => link.send(answer(message as ToConsole)));
