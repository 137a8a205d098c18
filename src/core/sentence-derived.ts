/** The good default as a template, so that a person begins from what is there: concluded from events of the type. */
import type { FoldContext } from './fold.ts';
import type { StreamEvent } from './model.ts';
import { isJsonObject } from './numbers.ts';
import { formatPath } from './path.ts';
import { capital, sentenceOf, wordingOf } from './sentence.ts';
import { amountIn, type Detail, detailsOf } from './sentence-details.ts';
import { escapeTemplate, LONGEST_TEMPLATE, parseTemplate } from './sentence-template.ts';

export interface DerivedTemplate {
  text: string;
  /** Of how many of the looked at events it says exactly what the default says. */
  same: number;
  of: number;
}

/** An event, and what its stream knows. */
export interface Sample {
  event: StreamEvent;
  context: FoldContext;
}

const field = (key: string, format: string): string =>
  `{${formatPath(['data', key])}${format === 'plain' ? '' : `|${format}`}}`;

const optional = (before: string, inner: string, after = ''): string =>
  `[${escapeTemplate(before)}${inner}${escapeTemplate(after)}]`;

const detailPart = ({ before, key, after, said }: Detail): string =>
  optional(before, field(key, said), after);

/** The template nearest to the default sentences of these events, which are of one type. */
export function derivedTemplate(type: string, samples: readonly Sample[]): DerivedTemplate {
  const text = type === '' ? ofPlain(samples) : ofType(type, samples);
  const template = parseTemplate(text);
  const same = samples.filter(
    ({ event, context }) => sentenceOf(event).text === sentenceOf(event, template, context).text,
  ).length;
  return { text, same, of: samples.length };
}

function ofPlain(samples: readonly Sample[]): string {
  const count = (is: (event: StreamEvent) => boolean) => samples.filter(({ event }) => is(event)).length;
  const objects = count(({ data }) => isJsonObject(data));
  const lists = count(({ data }) => Array.isArray(data));
  const others = samples.length - objects - lists;
  if (objects >= lists && objects >= others) return 'Value with {data|keys}';
  return lists >= others ? 'List of {data|count}' : 'Value {data}';
}

function ofType(type: string, samples: readonly Sample[]): string {
  const { all, noun, verb, rest } = wordingOf(type);
  const amounts = new Map<string, boolean>();
  const details = new Map<string, Detail>();
  for (const { event } of samples) {
    if (!isJsonObject(event.data)) continue;
    const amount = amountIn(event.data);
    if (amount !== null) amounts.set(amount.name, amount.key === 'price');
    for (const detail of detailsOf(event.data, all)) details.set(detailPart(detail), detail);
  }
  const amountPart = (lead: string, isPrice: boolean) =>
    [...amounts]
      .filter(([, priced]) => priced === isPrice)
      .map(([name]) => optional(` ${lead} `, field(name, 'amount')))
      .join('');
  const words = [verb, rest].filter((word) => word !== '').map((word) => ` ${escapeTemplate(word)}`);
  let text =
    escapeTemplate(capital(noun)) + amountPart('of', false) + words.join('') + amountPart('for', true);
  const inOrder = [...details.values()].sort((a, b) => a.slot - b.slot);
  for (const part of inOrder.map(detailPart)) {
    if (text.length + part.length > LONGEST_TEMPLATE) break;
    text += part;
  }
  return text;
}
