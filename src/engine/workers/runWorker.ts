/** Thread entry of a what-if or invariants, which is there sooner than one that knows every read. */
import { runReads } from '../whatif/runReads.ts';
import { answerReads } from './answerReads.ts';

answerReads(runReads);
