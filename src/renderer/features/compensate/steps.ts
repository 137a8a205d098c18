export const STEPS = ['Unlock', 'Compose', 'Check', 'Publish', 'Read back'] as const;
export type StepName = (typeof STEPS)[number];

export interface Progress {
  unlocked: boolean;
  /** The form and its JSON can be read. */
  composed: boolean;
  /** The last check is of exactly this draft and nothing stands against it but a typed name. */
  checked: boolean;
  published: boolean;
  readBack: boolean;
}

export type StepState = 'done' | 'now' | 'todo' | 'problem';

/** Where one is: the first step that is not done. Read back is a problem when the bytes could not be confirmed. */
export function stepStates(progress: Progress): { name: StepName; state: StepState }[] {
  const { unlocked, composed, checked, published, readBack } = progress;
  const done = published
    ? [true, true, true, true, readBack]
    : [unlocked, composed, unlocked && composed && checked, false, false];
  const now = done.indexOf(false);
  return STEPS.map((name, at) => ({
    name,
    state: done[at] ? 'done' : at !== now ? 'todo' : published ? 'problem' : 'now',
  }));
}

/** What a person can do about a refusal, by its code; each is a button beside its next step. */
export type Remedy = 'unlock' | 'check' | 'capture' | 'restart' | 'receipts' | 'connections';

const REMEDIES: Readonly<Record<string, readonly Remedy[]>> = {
  'connection.read-only': ['unlock'],
  'connection.failed': ['check', 'connections'],
  'connection.secret-missing': ['connections'],
  'compensate.invalid': ['check', 'restart'],
  'compensate.head-moved': ['capture', 'restart'],
  'compensate.duplicate': ['receipts'],
  'compensate.plan-changed': ['check'],
  'compensate.unsure': ['capture', 'receipts'],
};

export const remediesOf = (code: string): readonly Remedy[] => REMEDIES[code] ?? ['check'];

/** The same for a guard of the check that failed. */
export function guardRemedies(code: string, text: string): readonly Remedy[] {
  if (code === 'read-only') return /recording/.test(text) ? [] : ['unlock'];
  if (code === 'head') return /new draft/.test(text) ? ['restart'] : ['capture'];
  if (code === 'duplicate') return ['receipts'];
  if (code === 'cluster') return ['connections'];
  return [];
}
