import { existsSync, readFileSync } from 'node:fs';
import { HindcastError } from '../contract/errors.ts';
import type { Session } from './session.ts';

/** A definition file is stored like one typed in the window, then used by its name; anything else is a name. */
export async function projectionFromFlag(session: Session, flag: string): Promise<string> {
  if (!existsSync(flag)) {
    if (/[./\\]/.test(flag))
      throw new HindcastError('projection.invalid', { problem: `there is no file ${flag}` });
    return flag;
  }
  const definition = readFileSync(flag, 'utf8');
  return (await session.services.projections.save({ definition }, session.context)).name;
}

/** The reducer that `--reducer` names; null: the one that fits the aggregate's type. */
export const reducerFromFlag = async (session: Session, flag: string | undefined): Promise<string | null> =>
  flag === undefined ? null : projectionFromFlag(session, flag);
