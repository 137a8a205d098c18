import { existsSync, readFileSync } from 'node:fs';
import { HindcastError } from '../contract/errors.ts';
import { mergeReducer } from '../core/fold.ts';
import type { Session } from './session.ts';

/**
 * A definition file is stored like one typed in the window, then used by its name; anything else is a name.
 * @throws HindcastError projection.unknown, projection.invalid
 */
export async function projectionFromFlag(session: Session, flag: string): Promise<string> {
  const { projections } = session.services;
  if (existsSync(flag)) {
    const definition = readFileSync(flag, 'utf8');
    return (await projections.save({ definition }, session.context)).name;
  }
  const names = (await projections.list({}, session.context)).projections.map(({ name }) => name);
  if (names.includes(flag) || flag === mergeReducer.name) return flag;
  throw new HindcastError('projection.unknown', {
    name: `${flag}, and no such file; there are ${names.join(', ')}`,
  });
}

/** The reducer that `--reducer` names; null: the one that fits the aggregate's type. */
export const reducerFromFlag = async (session: Session, flag: string | undefined): Promise<string | null> =>
  flag === undefined ? null : projectionFromFlag(session, flag);
