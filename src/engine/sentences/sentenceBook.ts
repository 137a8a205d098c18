/** The templates that are in use, as a reader thread asks for them with every row: read once, looked up by type. */
import type { SentenceTemplate } from '../../contract/sentences.ts';
import { closestPattern } from '../../core/envelope/topicPattern.ts';
import { parseTemplate, type Template, TemplateProblem } from '../../core/sentence-template.ts';

interface Entry {
  pattern: string;
  template: Template;
}

export class SentenceBook {
  readonly #entries = new Map<string, Entry[]>();
  /** By type, then by topic: which entry fits. */
  readonly #fitting = new Map<string, Map<string, Template | null>>();

  /** A template that cannot be read (a newer Hindcast wrote it) is passed over: the default words stand. */
  constructor(saved: readonly SentenceTemplate[]) {
    for (const { type, pattern, template } of saved) {
      const entry = { pattern, template: readOrNull(template) };
      if (entry.template === null) continue;
      const known = this.#entries.get(type);
      if (known === undefined) this.#entries.set(type, [entry as Entry]);
      else known.push(entry as Entry);
    }
  }

  /** @param topic its name on the cluster. Null: the default words. */
  templateFor(type: string, topic: string): Template | null {
    const entries = this.#entries.get(type);
    if (entries === undefined) return null;
    let byTopic = this.#fitting.get(type);
    if (byTopic === undefined) {
      byTopic = new Map();
      this.#fitting.set(type, byTopic);
    }
    let found = byTopic.get(topic);
    if (found === undefined) {
      found = closestPattern(entries, topic)?.template ?? null;
      byTopic.set(topic, found);
    }
    return found;
  }
}

function readOrNull(text: string): Template | null {
  try {
    return parseTemplate(text);
  } catch (error) {
    if (error instanceof TemplateProblem) return null;
    throw error;
  }
}
