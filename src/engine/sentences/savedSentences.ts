/** Templates of sentences as documents of the notebook, and word of them to the threads that say events. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { HindcastError } from '../../contract/errors.ts';
import { type SavedSentence, SentenceFile, SentenceTemplate } from '../../contract/sentences.ts';
import { parseTemplate, TemplateProblem } from '../../core/sentence-template.ts';
import type { Notebook } from '../notebook/notebook.ts';
import type { ServiceDeps } from '../services/deps.ts';
import type { Workspace } from '../store/workspace.ts';

const KIND = 'sentence';

/** One document a type and pattern, here and in a copy of the workspace. */
const idOf = ({ type, pattern }: SentenceTemplate): string =>
  createHash('sha256')
    .update(JSON.stringify([type, pattern]))
    .digest('hex')
    .slice(0, 16);

export class SavedSentences {
  readonly #notebook: Notebook;
  readonly #deps: Pick<ServiceDeps, 'workspaces' | 'changed' | 'log'>;

  constructor(notebook: Notebook, deps: Pick<ServiceDeps, 'workspaces' | 'changed' | 'log'>) {
    this.#notebook = notebook;
    this.#deps = deps;
  }

  /** By type, then by pattern. */
  async list(workspace: Workspace = this.#deps.workspaces.current()): Promise<SavedSentence[]> {
    const kept = await this.#notebook.list(KIND, SentenceTemplate, workspace);
    const key = ({ type, pattern }: SavedSentence) => JSON.stringify([type, pattern]);
    return kept
      .map(({ id, value, kept: place, changedAt }) => ({ id, ...value, kept: place, changedAt }))
      .sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  /** Lets a workspace say its events in the words that are kept for it. What cannot be read leaves the default words. */
  async tell(workspace: Workspace): Promise<void> {
    try {
      workspace.say(
        (await this.list(workspace)).map(({ type, pattern, template }) => ({ type, pattern, template })),
      );
    } catch (error) {
      if (!(error instanceof HindcastError)) throw error;
      this.#deps.log('warn', 'The templates of sentences cannot be read', { problem: error.message });
    }
  }

  /** @throws HindcastError `sentence.invalid` */
  async save(sentence: SentenceTemplate): Promise<SavedSentence> {
    checked(sentence.template);
    return this.#change(async () => {
      const id = idOf(sentence);
      await this.#notebook.put(KIND, id, sentence);
      const found = (await this.list()).find((each) => each.id === id);
      if (found === undefined) throw new HindcastError('internal', { problem: 'the template was not kept' });
      return found;
    });
  }

  remove(id: string): Promise<void> {
    return this.#change(() => this.#notebook.remove(KIND, id));
  }

  /** @throws HindcastError `sentence.file`; then nothing was taken in */
  async import(text: string): Promise<{ added: number; replaced: number }> {
    const { sentences } = readFile(text);
    return this.#change(async () => {
      const known = new Set((await this.list()).map(({ id }) => id));
      const all = new Map(sentences.map((each) => [idOf(each), each]));
      for (const [id, each] of all) await this.#notebook.put(KIND, id, each);
      const replaced = [...all.keys()].filter((id) => known.has(id)).length;
      return { added: all.size - replaced, replaced };
    });
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    return this.#notebook.inTurn(async () => {
      const value = await work();
      await this.tell(this.#deps.workspaces.current());
      this.#deps.changed.push('sentences');
      return value;
    });
  }
}

/** @throws HindcastError `sentence.invalid` */
export function checked(template: string): void {
  try {
    parseTemplate(template);
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    const { message, position, length, hint } = error;
    throw new HindcastError('sentence.invalid', {
      ...{ character: position + 1, length, problem: message },
      hint: `${hint}.`,
    });
  }
}

/** @throws HindcastError `sentence.file` */
function readFile(text: string): z.infer<typeof SentenceFile> {
  const refuse = (problem: string) => new HindcastError('sentence.file', { problem });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('it is no JSON');
  }
  const parsed = SentenceFile.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw refuse(`${path.join('.') || 'the file'}: ${message}`);
  }
  for (const { type, template } of parsed.data.sentences)
    try {
      parseTemplate(template);
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      throw refuse(`the template of ${type || 'records without a type'}: ${error.message}`);
    }
  return parsed.data;
}
