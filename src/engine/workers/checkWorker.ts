/** Thread entry of the consistency check, which is there sooner than one that knows every read. */
import { checkReads } from '../check/checkReads.ts';
import { answerReads } from './answerReads.ts';

answerReads(checkReads);
