/** Thread entry: answers whatever can be read of a workspace. */
import { answerReads } from './answerReads.ts';
import { reads } from './reads.ts';

answerReads(reads);
